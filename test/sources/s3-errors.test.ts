import { describe, expect, it } from 'vitest';
import { s3Failure } from '../../server/sources/s3-errors.ts';
import type { FailedRequest } from '../../server/sources/s3-errors.ts';
import { sourceFailure } from '../../server/sources/source-failure.ts';

const listing: FailedRequest = { address: 's3://b at http://h', bucket: 'b', doing: 'read' };
const object: FailedRequest = { ...listing, key: 'iris/1/model.onnx' };
const status = (httpStatusCode: number, name = 'Error') => ({ name, $metadata: { httpStatusCode } });

describe('an error of the SDK', () => {
  it.each<[string, object, FailedRequest, string, boolean]>([
    ['a closed port', { code: 'ECONNREFUSED' }, listing, 'unreachable', true],
    ['an unknown name', { code: 'ENOTFOUND' }, listing, 'unreachable', true],
    ['a reset', { name: 'TimeoutError', code: 'ECONNRESET' }, object, 'unreachable', true],
    ['silence', { name: 'TimeoutError' }, listing, 'unreachable', true],
    ['a certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, listing, 'unreachable', true],
    ['a server that is busy', status(503, 'SlowDown'), object, 'unreachable', true],
    ['too many requests', status(429), object, 'unreachable', true],
    ['a wrong secret', status(403, 'SignatureDoesNotMatch'), listing, 'credentials', false],
    ['an unknown key', status(403, 'InvalidAccessKeyId'), listing, 'credentials', false],
    ['no credentials', { name: 'CredentialsProviderError' }, listing, 'credentials', false],
    ['a clock that is wrong', status(403, 'RequestTimeTooSkewed'), listing, 'credentials', false],
    ['a missing right', status(403, 'AccessDenied'), listing, 'forbidden', false],
    ['a missing right to write', status(403, 'AccessDenied'), { ...object, doing: 'write' }, 'not-writable', false],
    ['no bucket', status(404, 'NoSuchBucket'), listing, 'missing', false],
    ['no object', status(404, 'NoSuchKey'), object, 'missing', false],
    ['an object that changed', status(412, 'PreconditionFailed'), object, 'changed', false],
    ['an object that is shorter', status(416, 'InvalidRange'), object, 'size', false],
    ['an answer that is none', { name: 'SyntaxError' }, listing, 'protocol', false],
    ['nothing at all', undefined as never, listing, 'protocol', false],
  ])('says %s in our words', (_what, error, request, reason, retryable) => {
    expect(s3Failure(error, request)).toMatchObject({
      code: 'source-failed',
      details: { reason },
      retryable,
      hint: expect.any(String),
    });
  });

  it('is ours where an agent or a guard failed', () => {
    const ours = sourceFailure('endpoint', 'No.', 'Hm.');
    expect(s3Failure(ours, listing)).toBe(ours);
    expect(s3Failure(Object.assign(new Error('wrapped'), { cause: ours }), listing)).toBe(ours);
  });

  it('is not repeated, because it may hold anything', () => {
    const error = Object.assign(new Error('<b>AKIA-planted</b>'), {
      name: 'Weird<script>',
      $metadata: { httpStatusCode: 400 },
    });
    expect(s3Failure(error, object).message).not.toMatch(/planted|script/);
  });
});
