import { describe, expect, it } from 'vitest';
import { chooseEntries, paletteEntries } from '../../../renderer/frame/palette-entries.ts';

const entries = paletteEntries(['iris', 'digits']);
const texts = (typed: string): string[] => chooseEntries(entries, typed).map(({ text }) => text);

describe('the palette', () => {
  it('offers every place and every model', () => {
    expect(texts('')).toHaveLength(entries.length);
    expect(texts('iris')).toEqual(['Try iris', 'Open iris']);
  });

  it('puts first what begins with the typed word', () => {
    expect(texts('mo')[0]).toBe('Go to Models');
    expect(texts('set')).toEqual(['Go to Settings', 'Change settings of the host']);
  });

  it('wants every word', () => {
    expect(texts('try dig')).toEqual(['Try digits']);
    expect(texts('try nothing')).toEqual([]);
  });
});
