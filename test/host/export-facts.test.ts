import { expect, it } from 'vitest';
import { parseConfig } from '../../server/config.ts';
import { exportFacts } from '../../server/host/export-facts.ts';
import type { KnownToHost } from '../../server/host/export-facts.ts';
import { exportedKey } from '../export/export-wishes.ts';

const noKeys: KnownToHost['keys'] = { keys: [], ending: [] };
const factsOf = (settings: object, timeoutsMs: readonly number[] = [], keys = noKeys) =>
  exportFacts(parseConfig({ models: '/m', dataDirectory: '/d', ...settings }, 'The test'), {
    version: '1.2.3',
    sources: [],
    timeoutsMs,
    keys,
  });
const ofThisMachine = (settings: object): readonly string[] => factsOf(settings).left;

it('what nobody wrote about scaling is the preset for a cluster, and what somebody wrote is kept', () => {
  expect(factsOf({}).policy).toMatchObject({ preset: 'kubernetes', min: 3, max: 50 });
  const scaling = { max: 8, down: { windowMs: 60_000 }, priority: 5, warmSpare: true };
  expect(factsOf({ defaults: { scaling } }).policy).toMatchObject({
    min: 3,
    max: 8,
    down: { windowMs: 60_000, policies: [{ type: 'percent', value: 10, periodMs: 60_000 }] },
  });
  expect(factsOf({ defaults: { scaling: { preset: 'edge' } } }).policy).toMatchObject({ min: 1, max: 64 });
  expect(() => factsOf({ defaults: { scaling: { maxx: 8 } } })).toThrow(
    expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('defaults.scaling') }),
  );
});

it('the longest time of a request is that of the slowest model', () => {
  expect(factsOf({ defaults: { timeoutMs: 30_000 } }).longestTimeoutMs).toBe(30_000);
  expect(factsOf({ defaults: { timeoutMs: 30_000 } }, [5000, 90_000]).longestTimeoutMs).toBe(90_000);
});

it('says each setting that belongs to this machine, and nothing where there is none', () => {
  expect(ofThisMachine({})).toEqual([]);
  expect(
    ofThisMachine({
      defaults: { replicas: 4, threads: 2, scaling: { priority: 1 } },
      memoryBudgetBytes: 1_000_000,
    }),
  ).toEqual([
    expect.stringContaining('"defaults.replicas" (4)'),
    expect.stringContaining('"defaults.threads" (2)'),
    expect.stringContaining('"memoryBudgetBytes"'),
    expect.stringContaining('"priority"'),
  ]);
  expect(ofThisMachine({ defaults: { scaling: { warmSpare: true } } })).toHaveLength(1);
});

it('carries what holds anywhere, and no address of Redis', () => {
  const facts = factsOf({
    defaults: { strategy: 'round-robin' },
    cache: { ttlSeconds: 60, redis: 'redis://:planted@r' },
    limits: { maxBodyBytes: 2048 },
    drainTimeoutMs: 5000,
    devices: { device: 'cuda' },
  });
  expect(facts).toMatchObject({
    version: '1.2.3',
    drainTimeoutMs: 5000,
    maxBodyBytes: 2048,
    device: 'cuda',
    settings: { defaults: { strategy: 'round-robin' }, cache: { ttlSeconds: 60 }, drainTimeoutMs: 5000 },
  });
  expect(JSON.stringify(facts)).not.toContain('planted');
});

it('takes keys along by their hash, and says which of them cannot be taken along as they are', () => {
  const key = { ...exportedKey, rights: ['infer' as const] };
  expect(factsOf({}, [], { keys: [key], ending: [] })).toMatchObject({ keys: [key], left: [] });
  expect(factsOf({}, [], { keys: [{ ...key, addresses: ['10.0.0.7'] }], ending: ['guest'] }).left).toEqual([
    expect.stringContaining('left out, because a settings file cannot say so: guest'),
    expect.stringContaining('certain addresses only'),
  ]);
});
