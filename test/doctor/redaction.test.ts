/** What must not leave the computer does not, whatever it stands in; what helps stays. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, secretsOf } from '../../server/doctor/redaction.ts';

const nothing = { values: [], homeFolder: undefined };
const clean = (text: string): string => redact(text, nothing).text;

describe('redaction', () => {
  it.each([
    ['a password in an address', 'redis://millrace:s3cretpass@10.0.0.2:6379/0', 's3cretpass'],
    ['a token as user of an address', 'https://ghp_abc123def@example.com/x', 'ghp_abc123def'],
    ['a bearer token', 'Authorization: Bearer abcDEF123456', 'abcDEF123456'],
    ['basic authentication', 'Authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['a member of JSON', '{"secretAccessKey":"wJalrXUt nFEMI","name":"x"}', 'wJalrXUt'],
    ['a member of JSON in a string of JSON', String.raw`{"facts":"{\"apiKey\":\"hunter22\"}"}`, 'hunter22'],
    ['a variable', 'AWS_SECRET_ACCESS_KEY=abc/def+ghi', 'abc/def+ghi'],
    ['a parameter of an address', 'GET /x?token=abcdef123 HTTP/1.1', 'abcdef123'],
    ['a cookie', 'cookie: millrace=abcdefgh', 'abcdefgh'],
    ["one of Amazon's key ids", 'key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'eyJzdWIiOiIxIn0'],
    ['a link that opens the interface', 'http://127.0.0.1:8090/#t=Zm9vYmFy', 'Zm9vYmFy'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----', 'MIIabc'],
    ['half a private key', '-----BEGIN PRIVATE KEY-----\nMIIabc', 'MIIabc'],
    [
      'what is long and of all kinds of characters',
      'x Zx81kLmN0pQrStUvWxYz0123456789abcd y',
      'Zx81kLmN0pQrStUvWxYz0123456789abcd',
    ],
  ])('takes out %s', (_, text, secret) => {
    expect(text).toContain(secret);
    expect(clean(text)).not.toContain(secret);
    expect(redact(text, nothing).removed).toBeGreaterThan(0);
  });

  it.each([
    'iris/1#0 ended (SIGKILL); a new process starts in 0 ms.',
    '{"digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}',
    'http://127.0.0.1:8000/v2/models/iris',
    '{"inFlight":3,"rssBytes":80000000,"version":"0.1.0"}',
    '2026-11-24T12:57:25.838Z Millrace 0.1.0 has started.',
  ])('leaves what helps: %s', (text) => {
    expect(redact(text, nothing)).toEqual({ text, removed: 0 });
  });

  it('takes out every known value wherever it stands, as it is and as it is written in JSON and in addresses', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 40 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!'(removed)'.includes(secret) && secret.trim().length >= 6);
        const written = `${before}${secret}|${JSON.stringify({ x: secret })}|${encodeURIComponent(secret)}${after}`;
        const { text } = redact(written, { values: [secret], homeFolder: undefined });
        // What stands around a removed value may happen to spell it again; the value's own places are gone.
        return !text.includes(`${before}${secret}|`) && !text.includes(JSON.stringify({ x: secret }));
      }),
    );
  });

  it('takes out the whole of a value of which another is a part', () => {
    const values = ['secretpart', 'secretpart-and-more'];
    expect(redact('x secretpart-and-more', { values, homeFolder: undefined }).text).toBe('x (removed)');
  });

  it('does not let a short value take words apart', () => {
    expect(redact('a cat sat', { values: ['a'], homeFolder: undefined }).text).toBe('a cat sat');
  });

  it("hides the name of the user's folder", () => {
    expect(redact('/home/petra/.local/share', { values: [], homeFolder: '/home/petra' }).text).toBe('~/.local/share');
    expect(redact('/x', { values: [], homeFolder: '/' }).text).toBe('/x');
  });

  it('knows secret variables by their names', () => {
    expect(secretsOf({ DB_PASSWORD: 'one', AWS_SESSION_TOKEN: 'two', PATH: '/bin' })).toEqual(['one', 'two']);
  });
});
