import { describe, expect, it } from 'vitest';
import { MillraceError, asMillraceError } from '../../server/base/errors.ts';
import { errorResponse, statusOf } from '../../server/gateway/error-response.ts';

function read(error: MillraceError): { headers: Record<string, string>; body: unknown; requestId: string | undefined } {
  const { headers, body, requestId } = errorResponse(error);
  const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]!] as const] : []));
  return { headers: Object.fromEntries(pairs), body: JSON.parse(body.toString()), requestId };
}

describe('errorResponse', () => {
  it('says what the client sent wrong in full', () => {
    const error = new MillraceError('invalid-tensor', 'Input "x" is wrong.', { hint: 'Send y.', details: { at: 3 } });
    expect(read(error)).toEqual({
      headers: { 'Content-Type': 'application/json' },
      body: { error: 'Input "x" is wrong.', code: 'invalid-tensor', hint: 'Send y.', details: { at: 3 } },
      requestId: undefined,
    });
    expect(errorResponse(error).status).toBe(400);
  });

  it('leaves out what is not there', () => {
    expect(read(new MillraceError('not-found', 'Not Found')).body).toEqual({ error: 'Not Found', code: 'not-found' });
  });

  it('says of what went wrong inside no more than a request id, by which the log can be searched', () => {
    const { body, requestId } = read(asMillraceError(new TypeError('secret in /home/user/file.ts')));
    expect(requestId).toMatch(/^[0-9a-f]{8}$/);
    expect(body).toEqual({ error: 'Something went wrong inside Millrace.', code: 'internal', request_id: requestId });
  });

  it('never shows a cause', () => {
    const error = new MillraceError('inference-failed', 'It failed.', { cause: new Error('/secret/path') });
    expect(errorResponse(error).body.toString()).not.toContain('secret');
  });

  it('gives every answer from inside an id of its own', () => {
    const ids = Array.from({ length: 100 }, () => errorResponse(asMillraceError('x')).requestId);
    expect(new Set(ids).size).toBe(100);
  });

  it('says when to come back', () => {
    const full = new MillraceError('queue-full', 'Full.', { retryable: true, retryAfterSeconds: 7 });
    expect(read(full).headers).toMatchObject({ 'Retry-After': '7' });
    expect(errorResponse(full).status).toBe(503);
  });

  it('says which codings and which verbs are taken', () => {
    expect(read(new MillraceError('unsupported-encoding', 'No br.')).headers).toMatchObject({
      'Accept-Encoding': 'gzip, deflate',
    });
    const verb = new MillraceError('method-not-allowed', 'No.', {
      details: { method: 'PUT', allowed: ['GET', 'POST'] },
    });
    expect(read(verb).headers).toMatchObject({ Allow: 'GET, POST' });
  });

  it.each([
    ['unknown-model', 404],
    ['misdirected-host', 421],
    ['forbidden-origin', 403],
    ['payload-too-large', 413],
    ['unsupported', 501],
    ['model-not-ready', 503],
    ['deadline-exceeded', 504],
    ['internal', 500],
  ] as const)('gives %s the status %i', (code, status) => {
    expect(statusOf(code)).toBe(status);
  });
});
