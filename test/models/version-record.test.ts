import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentDigest, parseRecord, recordText } from '../../server/models/version-record.ts';
import type { VersionRecord } from '../../server/models/version-record.ts';

const record: VersionRecord = {
  format: 1,
  name: 'iris',
  version: '3',
  digest: 'd',
  importedAt: '2026-01-02T03:04:05.000Z',
  origin: { source: 'iris.zip', path: '', sha256: 's', changes: [], carried: [] },
  files: { 'model.onnx': { sizeBytes: 3, sha256: 'abc' } },
  model: {
    irVersion: 8,
    producer: '',
    opsets: { 'ai.onnx': 13 },
    nodes: 1,
    operators: [],
    initializers: 0,
    initializerBytes: 0,
    externalFiles: [],
  },
  trial: {
    signature: { inputs: [], outputs: [] },
    batching: '',
    maxBatchSize: 0,
    loadMs: 1,
    rssBytes: 1,
    peakRssBytes: 1,
    samples: undefined,
  },
  notes: [],
};

it('reads back what it writes', () => {
  expect(parseRecord(recordText(record))).toEqual(JSON.parse(JSON.stringify(record)));
});

it('notices every flipped bit, but for those in the space between', () => {
  const text = Buffer.from(recordText(record));
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(7), (at, bit) => {
      const flipped = Buffer.from(text);
      flipped[at]! ^= 1 << bit;
      const found = parseRecord(flipped.toString('utf8'));
      if (found !== undefined) expect(found).toEqual(JSON.parse(JSON.stringify(record)));
    }),
    { numRuns: 3000 },
  );
});

it('gives equal contents one digest, whatever the order, and others another', () => {
  const a = { sizeBytes: 1, sha256: '1' };
  const b = { sizeBytes: 1, sha256: '2' };
  expect(contentDigest({ x: a, y: b })).toBe(contentDigest({ y: b, x: a }));
  expect(contentDigest({ x: a, y: b })).not.toBe(contentDigest({ x: b, y: a }));
});
