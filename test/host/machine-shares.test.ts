import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { sharesOf } from '../../server/host/machine-shares.ts';

const { ceilings } = parsePolicy({}, 'test');
const claim = (name: string, more = {}) => ({ name, wanted: 9, min: 1, priority: 0, threads: 1, bytes: 1e9, ...more });
const machine = { physicalCores: 9, totalBytes: 10e9, availableBytes: 4e9, replicasRssBytes: 2e9 };
const shares = (of: typeof machine, claims = [claim('a'), claim('b')], settings = ceilings) =>
  Object.fromEntries(sharesOf(of, claims, settings));

describe('the shares of the machine', () => {
  it('divide what is free and what the models have, less what is kept free', () => {
    // 4 + 2 - 2 GB for copies of 1 GB.
    expect(shares(machine)).toEqual({ a: 2, b: 2 });
    expect(shares({ ...machine, replicasRssBytes: 0 })).toEqual({ a: 1, b: 1 });
  });

  it('divide cores less those that are reserved, and serve a higher priority first', () => {
    const roomy = { ...machine, availableBytes: 90e9 };
    expect(shares(roomy)).toEqual({ a: 4, b: 4 });
    expect(shares(roomy, [claim('a'), claim('b', { priority: 1 })])).toEqual({ a: 1, b: 7 });
  });

  it('take a size that nobody knows yet for no reason to divide memory', () => {
    expect(shares(machine, [claim('a', { bytes: 0 }), claim('b')])).toEqual({ a: 4, b: 4 });
  });

  it('set no limit where neither cores nor memory are ceilings', () => {
    expect(shares(machine, undefined, { ...ceilings, cpu: false, memory: false })).toEqual({});
  });
});
