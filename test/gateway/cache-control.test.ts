import { expect, it } from 'vitest';
import { parseCacheControl } from '../../server/gateway/cache-control.ts';

it.each([
  ['', undefined],
  ['no-cache', { maxAgeSeconds: 0, maySave: true }],
  ['No-Cache', { maxAgeSeconds: 0, maySave: true }],
  ['no-store', { maxAgeSeconds: 0, maySave: false }],
  ['max-age=60', { maxAgeSeconds: 60, maySave: true }],
  ['max-age=0', { maxAgeSeconds: 0, maySave: true }],
  ['max-age="60"', { maxAgeSeconds: 60, maySave: true }],
  ['max-age=60, max-age=5', { maxAgeSeconds: 5, maySave: true }],
  ['max-age=60 , no-cache', { maxAgeSeconds: 0, maySave: true }],
  ['no-store, max-age=60', { maxAgeSeconds: 0, maySave: false }],
  ['max-age=-1', undefined],
  ['max-age=soon', undefined],
  ['max-age', undefined],
  ['only-if-cached, no-transform', undefined],
  ['x-no-cache', undefined],
  ['public, max-stale=30', undefined],
])('%j means %j', (header, meaning) => {
  expect(parseCacheControl(header)).toEqual(meaning);
});
