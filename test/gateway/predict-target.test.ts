import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import { predictTarget } from '../../server/gateway/predict-target.ts';

function target(text: string): unknown {
  try {
    return predictTarget(Buffer.from(text));
  } catch (error) {
    return (error as MillraceError).code;
  }
}

describe('predictTarget', () => {
  it.each([
    ['{"model":"iris","features":[1]}', { model: 'iris', version: undefined }],
    ['{"features":[1],"model":"iris","version":2}', { model: 'iris', version: '2' }],
    ['{"model":"iris","version":"12"}', { model: 'iris', version: '12' }],
    ['{"model":"iris","features":{"model":"other"}}', { model: 'iris', version: undefined }],
    ['{"\\u006dodel":"iris"}', { model: 'iris', version: undefined }],
    ['{"model":"iris","features":[NaN]}', { model: 'iris', version: undefined }],
  ])('of %s is %j', (text, wanted) => {
    expect(target(text)).toEqual(wanted);
  });

  it.each([
    ['', 'invalid-json'],
    ['{"model":"iris"', 'invalid-json'],
    ['{"model":"iris","model":"other"}', 'invalid-json'],
    ['{"__proto__":{"model":"iris"}}', 'invalid-json'],
    ['{}', 'invalid-request'],
    ['[]', 'invalid-request'],
    ['null', 'invalid-request'],
    ['"iris"', 'invalid-request'],
    ['{"features":{"model":"iris"}}', 'invalid-request'],
    ['{"model":null}', 'invalid-name'],
    ['{"model":["iris"]}', 'invalid-name'],
    ['{"model":"../iris"}', 'invalid-name'],
    ['{"model":"iris","version":"1.0"}', 'invalid-request'],
    ['{"model":"iris","version":1.5}', 'invalid-request'],
    ['{"model":"iris","version":null}', 'invalid-request'],
    // Too long for a number, in a document that only the exact reader takes.
    ['{"model":"iris","version":123456789012345678901234567890,"features":[NaN]}', 'invalid-request'],
  ])('of %s is refused as %s', (text, code) => {
    expect(target(text)).toBe(code);
  });

  it('is not looked for in a large body', () => {
    const body = `{"model":"iris","features":[${'1,'.repeat(200_000)}1]}`;
    expect(target(body)).toBe('payload-too-large');
  });
});
