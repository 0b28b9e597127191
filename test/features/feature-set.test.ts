import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptySchema,
  growSchema,
  isCurrent,
  parseEntityId,
  parseFeatures,
  parseSetName,
} from '../../server/features/feature-set.ts';
import type { Features } from '../../server/features/feature-set.ts';
import { fillFromEntity, readEntityRequest } from '../../server/features/predict-entity.ts';
import { body, facts, refusal, spec } from '../protocol/facts.ts';

const features: fc.Arbitrary<Features> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 5 }),
  fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ maxLength: 5 }), fc.boolean()),
);

describe('a schema', () => {
  it('knows every feature that was written, never changes a type, and has a new version exactly when it grows', () => {
    fc.assert(
      fc.property(fc.array(features, { maxLength: 6 }), (rows) => {
        let schema = emptySchema;
        for (const [index, row] of rows.entries()) {
          let grown;
          try {
            grown = growSchema(schema, [{ id: `${index}`, features: row }]);
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid-features' });
            continue;
          }
          for (const name of Object.keys(row)) expect(Object.hasOwn(grown.types, name)).toBe(true);
          for (const [name, type] of Object.entries(schema.types)) expect(grown.types[name]).toBe(type);
          const isLarger = Object.keys(grown.types).length > Object.keys(schema.types).length;
          expect(grown.version).toBe(schema.version + Number(isLarger));
          schema = grown;
        }
      }),
    );
  });

  it('compares the entities of one write with each other as well', () => {
    const entities = [
      { id: '1', features: { a: 1 } },
      { id: '2', features: { a: 'x' } },
    ];
    expect(refusal(() => growSchema(emptySchema, entities)).message).toContain('"2"');
  });

  it('says how long an entity is found, to the millisecond', () => {
    const entity = { id: '1', features: {}, schemaVersion: 1, writtenMs: 1000 };
    expect(isCurrent(entity, { ...emptySchema, ttlSeconds: 2 }, 2999)).toBe(true);
    expect(isCurrent(entity, { ...emptySchema, ttlSeconds: 2 }, 3000)).toBe(false);
    expect(isCurrent(entity, emptySchema, Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});

describe('what clients send', () => {
  it.each(['', '.hidden', '../x', 'a/b', 'a:b', 'a*', 'ü', 'x'.repeat(101), 7, undefined])(
    '%j is no name of a set',
    (name) => {
      expect(refusal(() => parseSetName(name)).code).toBe('invalid-name');
    },
  );

  it.each(['', 'a\nb', 'x'.repeat(201), 1.5, null, {}, 2 ** 60])('%j is no id', (id) => {
    expect(refusal(() => parseEntityId(id)).code).toBe('invalid-name');
  });

  it.each([null, [], 'x', { a: null }, { a: [1] }, { a: {} }, { a: Infinity }, { '': 1 }, { a: 'x'.repeat(10_001) }])(
    '%j are no features',
    (value) => {
      expect(refusal(() => parseFeatures(value, 'entity "1"')).code).toBe('invalid-features');
    },
  );

  it('takes ids as texts and whole numbers, the same', () => {
    expect([parseEntityId('42'), parseEntityId(42), parseEntityId('a/b ü')]).toEqual(['42', '42', 'a/b ü']);
  });
});

describe('a request with an entity', () => {
  const model = facts([spec('x', 'FP32', [-1, 2])], [spec('y', 'FP32', [-1])], { featureNames: ['a', 'toString'] });
  const stored = { id: '1', features: { a: 1, toString: 2, more: 3 }, schemaVersion: 1, writtenMs: 0 };
  const filled = (request: string): string =>
    fillFromEntity(readEntityRequest(body(request))!, stored, model).toString();

  it('is one only where its top level says so', () => {
    expect(readEntityRequest(body('{"features":{"entity":1}}'))).toBeUndefined();
    expect(readEntityRequest(body('[{"entity":1}]'))).toBeUndefined();
    expect(readEntityRequest(body('{"features":[1,2]}'))).toBeUndefined();
  });

  it('keeps numbers as they were written, and takes no more than the model wants', () => {
    const request = '{"id":"q","entity":{"set":"s","id":"1"},"features":{"a":12345678901234567890.10}}';
    expect(filled(request)).toBe('{"id":"q","features":{"a":12345678901234567890.10,"toString":2}}');
    expect(filled('{"entity":{"set":"s","id":1}}')).toBe('{"features":{"a":1,"toString":2}}');
  });

  it('counts nothing as a feature that only every object has', () => {
    const bare = { ...stored, features: { a: 1 } };
    const request = readEntityRequest(body('{"entity":{"set":"s","id":"1"}}'))!;
    expect(refusal(() => fillFromEntity(request, bare, model)).details).toEqual({ missing: ['toString'] });
  });

  it('may not say anything twice, nor NaN', () => {
    expect(refusal(() => readEntityRequest(body('{"entity":{"set":"s","id":"1"},"entity":1}'))).code).toBe(
      'invalid-json',
    );
    const notNumber = '{"entity":{"set":"s","id":"1"},"features":{"a":NaN}}';
    expect(refusal(() => readEntityRequest(body(notNumber))).code).toBe('invalid-request');
  });
});
