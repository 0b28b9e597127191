import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { parseManifest } from '../../server/models/manifest.ts';

function refusal(raw: unknown): MillraceError {
  try {
    parseManifest(raw, 'iris/millrace.json');
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(raw)} was accepted`);
}

describe('parseManifest', () => {
  it('fills in the defaults of an empty manifest and leaves the rest undefined', () => {
    expect(parseManifest({}, 'iris/millrace.json')).toEqual({
      maxBatchDelayMs: 0,
      upstreams: [],
      load: 'start',
      keepAliveMs: 300_000,
      tries: 2,
      nextUpstream: ['error', 'timeout', 'http_502', 'http_503', 'http_504'],
    });
  });

  it('keeps every field of a full manifest', () => {
    const full = {
      description: 'Names the species.',
      features: ['sepal length', 'sepal width'],
      maxBatchSize: 64,
      maxBatchDelayMs: 0.5,
      replicas: 2,
      threads: 4,
      strategy: 'session',
      session: { header: 'x-session', cookie: 'SID' },
      weight: 3,
      maxQueue: 500,
      timeoutMs: 2000,
      load: 'on-demand',
      keepAliveMs: 60_000,
      upstreams: [
        {
          url: 'https://10.0.0.7:8000/prefix',
          weight: 0,
          slots: 8,
          connectTimeoutMs: 200,
          readTimeoutMs: 5000,
          keepalive: 4,
          maxFails: 3,
          failTimeoutMs: 10_000,
        },
      ],
      tries: 0,
      nextUpstream: ['http_500'],
    };
    expect(parseManifest(full, 'iris/millrace.json')).toEqual(full);
  });

  it('fills in the defaults of an upstream', () => {
    expect(parseManifest({ upstreams: [{ url: 'http://10.0.0.7:8000' }] }, 'm').upstreams).toEqual([
      {
        url: 'http://10.0.0.7:8000',
        weight: 1,
        slots: 32,
        connectTimeoutMs: 500,
        readTimeoutMs: 60_000,
        keepalive: 32,
      },
    ]);
  });

  it('gives a header name in lower case, as Node gives the headers of a request', () => {
    expect(parseManifest({ session: { header: 'X-Session-Id' } }, 'm').session).toEqual({ header: 'x-session-id' });
  });

  it('names an unknown field and the allowed ones', () => {
    const error = refusal({ maxBatchsize: 8 });
    expect(error.code).toBe('invalid-manifest');
    expect(error.message).toContain('iris/millrace.json');
    expect(error.message).toContain(
      '"maxBatchsize"; allowed are description, features, inputs, outputs, maxBatchSize, ',
    );
  });

  it('names an unknown field of an upstream by its place', () => {
    const error = refusal({ upstreams: [{ url: 'http://a' }, { url: 'http://b', wieght: 1 }] });
    expect(error.message).toContain('upstreams[1] has the unknown field "wieght"; allowed are url, weight, slots');
  });

  it('treats a field called __proto__ as unknown', () => {
    expect(refusal(JSON.parse('{"__proto__": {"replicas": 3}}')).message).toContain('"__proto__"');
  });

  it('says that group is reserved', () => {
    expect(refusal({ group: 'gpu' }).message).toContain('reserved');
  });

  it('says field, range and value at once', () => {
    expect(refusal({ replicas: 65 }).message).toBe(
      'iris/millrace.json: replicas must be a whole number from 1 to 64, but is 65.',
    );
  });

  it('lists every fault in the details', () => {
    expect(refusal({ replicas: 0, threads: 'all' }).details?.['faults']).toEqual([
      'replicas must be a whole number from 1 to 64, but is 0',
      'threads must be a whole number from 1 to 256, but is "all"',
    ]);
  });

  it('never repeats a URL, which may hold a password', () => {
    const error = refusal({ upstreams: [{ url: 'http://admin:hunter2@10.0.0.7' }] });
    expect(error.message).toContain('upstreams[0].url must be');
    expect(JSON.stringify([error.message, error.details, error.hint])).not.toContain('hunter2');
  });

  it.each([
    ['http://10.0.0.7:8000', 'http://10.0.0.7:8000/'],
    ['http://Line-2:80/v', 'http://line-2/v//'],
  ])('takes no server twice: %s and %s', (url, again) => {
    const error = refusal({ upstreams: [{ url }, { url: 'http://other' }, { url: again }] });
    expect(error.message).toContain('upstreams[2].url names the same server as upstreams[0]; raise the weight');
    expect(parseManifest({ upstreams: [{ url }, { url: `${url}/b` }] }, 'm').upstreams).toHaveLength(2);
  });

  it.each([
    ['maxBatchSize', 0, 4096],
    ['maxBatchDelayMs', 0, 1000],
    ['replicas', 1, 64],
    ['threads', 1, 256],
    ['weight', 0, 1000],
    ['maxQueue', 1, 100_000],
    ['timeoutMs', 1, 3_600_000],
    ['tries', 0, 10],
  ])('takes %s from %d to %d and nothing beyond', (field, min, max) => {
    for (const value of [min, max]) expect(parseManifest({ [field]: value }, 'm')).toMatchObject({ [field]: value });
    for (const value of [min - 1, max + 1, String(min), null, true, Number.NaN]) {
      expect(refusal({ [field]: value }).message).toContain(field);
    }
  });

  it.each([
    ['a list', []],
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a description of 501 characters', { description: 'x'.repeat(501) }],
    ['no feature', { features: [] }],
    ['a feature without a name', { features: ['a', ''] }],
    ['a feature twice', { features: ['a', 'b', 'a'] }],
    ['a number as feature', { features: [1] }],
    ['half a replica', { replicas: 1.5 }],
    ['an unknown strategy', { strategy: 'fastest' }],
    ['a session by nothing', { session: {} }],
    ['a session header with a line break', { session: { header: 'x\r\ny' } }],
    ['upstreams that are no list', { upstreams: { url: 'http://a' } }],
    ['an upstream without a URL', { upstreams: [{}] }],
    ['an upstream weight below 0', { upstreams: [{ url: 'http://a', weight: -1 }] }],
    ['no slot', { upstreams: [{ url: 'http://a', slots: 0 }] }],
    ['an unknown failure', { nextUpstream: ['http_404'] }],
  ])('refuses %s', (_what, raw) => {
    expect(refusal(raw).code).toBe('invalid-manifest');
  });

  it.each([
    'ftp://10.0.0.7',
    'file:///etc/passwd',
    '10.0.0.7:8000',
    'http://',
    'http://user@10.0.0.7',
    'http://10.0.0.7/?a=1',
    'http://10.0.0.7/#a',
    ' http://10.0.0.7',
    '',
  ])('refuses the upstream URL %j', (url) => {
    expect(refusal({ upstreams: [{ url }] }).message).toContain('upstreams[0].url');
  });
});
