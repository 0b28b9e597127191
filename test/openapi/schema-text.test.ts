import { describe, expect, it } from 'vitest';
import { schemaText } from '../../server/openapi/schema-text.ts';

describe('a schema in words', () => {
  it.each([
    [{ type: 'string' }, 'string'],
    [{}, 'any'],
    [{ $ref: '#/components/schemas/Job' }, 'Job'],
    [{ const: 'done' }, '"done"'],
    [{ enum: ['a', 'b'] }, '"a" | "b"'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ type: 'array', items: { type: 'number' } }, 'number[]'],
    [{ type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }], items: false }, '[number, string]'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    [{ type: ['string', 'number'] }, 'string | number'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, '{ [name]: number }'],
    [{ type: 'object', properties: {} }, '{}'],
  ])('%j is %s', (schema, text) => {
    expect(schemaText(schema)).toBe(text);
  });

  it('says which members may be missing, and their ranges', () => {
    const schema = {
      type: 'object',
      required: ['a'],
      properties: {
        a: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        b: { type: 'number', default: 3, description: 'how many' },
      },
    };
    expect(schemaText(schema)).toBe('{\n  a: integer  // from 1\n  b?: number  // default 3, how many\n}');
  });

  it('ends where a schema is nested without end', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let depth = 0; depth < 50; depth++) schema = { type: 'object', properties: { deeper: schema } };
    expect(schemaText(schema)).toContain('…');
  });
});
