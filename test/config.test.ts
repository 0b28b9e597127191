import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../server/base/errors.ts';
import { parseConfig, readConfigFile } from '../server/config.ts';
import type { Config } from '../server/config.ts';

const least = { models: '/models', dataDirectory: '/data' };

function parse(settings: object): Config {
  return parseConfig({ ...least, ...settings }, 'settings.json');
}

function refusal(settings: unknown): MillraceError {
  try {
    parseConfig(settings, 'settings.json');
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('The settings were accepted.');
}

describe('parseConfig', () => {
  it('fills in every default', () => {
    expect(parse({})).toEqual({
      ...least,
      devices: { graphicsMemoryPercent: 90 },
      keys: [],
      http: { host: '127.0.0.1', port: 8000 },
      admin: { port: 8090 },
      allowedHosts: [],
      waitForSources: false,
      defaults: { strategy: 'auto', timeoutMs: 60_000, scaling: {} },
      limits: {
        maxBodyBytes: 64 * 1024 * 1024,
        maxBufferedBytes: 128 * 1024 * 1024,
        maxConnections: 4096,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 120_000,
        keepAliveTimeoutMs: 75_000,
        maxQueueBytes: 32 * 1024 * 1024,
      },
      sources: [],
      features: {},
      cache: { enabled: true, ttlSeconds: 3600, maxBytes: 256 * 1024 * 1024 },
      compatibility: { serverName: 'millrace', repositoryControl: 'none' },
      drainTimeoutMs: 60_000,
      log: { level: 'info', format: 'text' },
    });
  });

  it('keeps what is set beside the defaults of the same section', () => {
    const config = parse({ http: { port: 0 }, limits: { maxConnections: 10 }, defaults: { replicas: 3 } });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 0 });
    expect(config.limits).toMatchObject({ maxConnections: 10, keepAliveTimeoutMs: 75_000 });
    expect(config.defaults).toMatchObject({ strategy: 'auto', timeoutMs: 60_000, replicas: 3 });
  });

  it.each([
    [{ ...least, models: '' }, /models/],
    [{ dataDirectory: '/data' }, /models/],
    [{ models: '/models' }, /dataDirectory/],
    [{ ...least, http: { port: 65_536 } }, /http\.port/],
    [{ ...least, http: { port: 80.5 } }, /http\.port/],
    [{ ...least, cache: { ttlSeconds: 0 } }, /cache\.ttlSeconds/],
    [{ ...least, cache: { redis: 'http://host' } }, /cache\.redis/],
    [{ ...least, http: { prot: 80 } }, /prot/],
    [{ ...least, modles: 'x' }, /modles/],
    [{ ...least, defaults: { strategy: 'fastest' } }, /defaults\.strategy/],
    [{ ...least, defaults: { replicas: 0 } }, /defaults\.replicas/],
    [{ ...least, limits: { maxBodyBytes: -1 } }, /limits\.maxBodyBytes/],
    [{ ...least, limits: { maxConnections: '10' } }, /limits\.maxConnections/],
    [{ ...least, log: { level: 'loud' } }, /log\.level/],
    [{ ...least, allowedHosts: [''] }, /allowedHosts/],
    [{ ...least, drainTimeoutMs: Infinity }, /drainTimeoutMs/],
    [null, /the settings/],
    ['x', /the settings/],
  ])('refuses %j, naming the field', (settings, field) => {
    const error = refusal(settings);
    expect(error.code).toBe('invalid-config');
    expect(error.message).toMatch(/^settings\.json cannot be used: /);
    expect(error.message).toMatch(field);
    expect(error.hint).toContain('docs/configuration.md');
  });

  it('names every fault at once', () => {
    const { message } = refusal({ ...least, http: { port: -1 }, log: { format: 'xml' } });
    expect(message).toMatch(/http\.port/);
    expect(message).toMatch(/log\.format/);
  });

  it('refuses a time for the head that is longer than the time for the whole request', () => {
    expect(parse({ limits: { headersTimeoutMs: 500, requestTimeoutMs: 500 } }).limits.headersTimeoutMs).toBe(500);
    const { message } = refusal({ ...least, limits: { requestTimeoutMs: 5000 } });
    expect(message).toContain('limits.headersTimeoutMs: must not be longer than requestTimeoutMs');
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])(
    'lets the listener be at %s, which only this machine reaches',
    (host) => {
      expect(parse({ http: { host } }).http.host).toBe(host);
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.7',
    '127.0.0.1.evil.com',
    '127.1',
    'example.com',
    '',
    '::ffff:127.0.0.1',
    'localhost.',
  ])('refuses to listen at %j', (host) => {
    const error = refusal({ ...least, http: { host } });
    expect(error.code).toBe('invalid-config');
    expect(error.message).toContain(`'${host}'`);
  });
});

describe('readConfigFile', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function readText(text: string): Promise<Record<string, unknown>> {
    const path = join(folder, 'settings.json');
    await writeFile(path, text);
    return await readConfigFile(path);
  }

  it('takes relative folders as relative to the file, and leaves absolute ones', async () => {
    expect(await readText('{"models":"my-models","dataDirectory":"../data","http":{"port":1}}')).toEqual({
      models: join(folder, 'my-models'),
      dataDirectory: join(folder, '..', 'data'),
      http: { port: 1 },
    });
    expect(await readText('{"models":"/srv/models"}')).toEqual({ models: '/srv/models' });
  });

  it.each(['', '{', '[]', '"text"', 'null', '7'])('refuses a file that holds %j', async (text) => {
    await expect(readText(text)).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('fills in what the environment holds, wherever it stands as a whole', async () => {
    const path = join(folder, 'settings.json');
    await writeFile(path, '{"cache":{"redis":"${MY_REDIS}"},"allowedHosts":["${NAME}","a-${NAME}","$NAME","${a b}"]}');
    expect(await readConfigFile(path, { MY_REDIS: 'redis://:secret-word@r', NAME: 'line-2' })).toEqual({
      cache: { redis: 'redis://:secret-word@r' },
      allowedHosts: ['line-2', 'a-${NAME}', '$NAME', '${a b}'],
    });
    // Node's own behavior with `__proto__` in JSON, kept: it is a key like others and changes no prototype.
    await writeFile(path, '{"__proto__":{"polluted":true}}');
    await readConfigFile(path, {});
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([undefined, ''])('refuses a variable that is %j, and says which', async (value) => {
    const path = join(folder, 'settings.json');
    await writeFile(path, '{"cache":{"redis":"${MY_REDIS}"}}');
    await expect(readConfigFile(path, { MY_REDIS: value })).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('MY_REDIS, which is not set'),
    });
  });

  it('refuses a file that is not there, with what to check', async () => {
    await expect(readConfigFile(join(folder, 'nope.json'))).rejects.toMatchObject({
      code: 'invalid-config',
      hint: 'Check the path given to --config.',
    });
  });
});

it('does not show the address of Redis, which may hold a password', () => {
  const settings = { models: '/models', dataDirectory: '/data', cache: { redis: 'redes://:secret-word@host' } };
  expect(() => parseConfig(settings, 'The test')).toThrow(/cache\.redis/);
  expect(() => parseConfig(settings, 'The test')).not.toThrow(/secret-word/);
});
