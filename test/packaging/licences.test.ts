import { describe, expect, it } from 'vitest';
import { licenceText, undecidedLicences } from '../../build/staging/licences.ts';
import type { LicensedPart } from '../../build/staging/licences.ts';

const part = (name: string, license: string, texts: string[] = [`terms of ${name}`]): LicensedPart => ({
  name,
  version: '1.0.0',
  license,
  texts,
});

describe('the text with all licenses', () => {
  it('has every part with its own text, by name', () => {
    const text = licenceText([part('zebra', 'MIT'), part('ant', 'ISC')]);
    expect(text.indexOf('ant 1.0.0')).toBeGreaterThan(0);
    expect(text.indexOf('ant 1.0.0')).toBeLessThan(text.indexOf('zebra 1.0.0'));
    expect(text).toContain('terms of zebra');
    expect(text).toContain('These are 2 parts: ant, zebra.');
  });

  it('gives a package that forgot its text the standard one, with its author', () => {
    const text = licenceText([{ ...part('client', 'MIT', []), author: 'Ada' }]);
    expect(text).toContain('Copyright (c) Ada');
    expect(text).toContain('Permission is hereby granted, free of charge');
  });

  it('takes the text of the Apache license from a package that has it', () => {
    const text = licenceText([part('with', 'Apache-2.0'), part('without', 'Apache-2.0', [])]);
    expect(text.split('terms of with')).toHaveLength(3);
  });

  it('stops where there is no text to be had', () => {
    expect(() => licenceText([part('odd', 'BSD-3-Clause', [])])).toThrow('odd is under BSD-3-Clause and has no licen');
  });

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0)', true],
    ['(MIT AND Zlib)', true],
    ['MIT AND GPL-3.0', false],
    ['GPL-3.0', false],
    ['unknown', false],
  ])('%s may be passed on without a decision: %s', (license, fine) => {
    expect(undecidedLicences([part('x', license)])).toEqual(fine ? [] : [`x (${license})`]);
  });
});
