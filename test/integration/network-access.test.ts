/** Keys and the network's listener against requests that an attacker or a colleague's program sends: rows S1 to S23 of the list of threats. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MadeKey } from '../../server/protocol/admin/key-view.ts';
import type { LanAnswer } from '../../server/protocol/admin/lan-view.ts';
import type { RefusedClient } from '../../server/protocol/admin/refused-client.ts';
import { demoModel } from '../support/demo-models.ts';
import { callFrom } from '../support/network-client.ts';
import type { NetworkAnswer, NetworkCall } from '../support/network-client.ts';
import { head, rawRequest } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';

// Other loopback addresses are there without being asked for on Linux only.
const isLinux = process.platform === 'linux';
if (!isLinux) console.warn('Skipped: tests of the network need the loopback addresses that Linux has.');

const body = JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] });
const address = '127.0.0.2';

async function makeKey(host: TestHost, wish: object): Promise<MadeKey> {
  const answer = await host.admin('/keys', { body: JSON.stringify(wish) });
  expect(answer.status, answer.text).toBe(201);
  return answer.json<MadeKey>();
}

async function changeLan(host: TestHost, change: object): Promise<LanAnswer> {
  const answer = await host.admin('/lan', { method: 'PATCH', body: JSON.stringify(change) });
  expect(answer.status, answer.text).toBe(200);
  return answer.json<LanAnswer>();
}

async function refusedBy(host: TestHost): Promise<RefusedClient[]> {
  return (await host.admin('/refused-clients')).json<RefusedClient[]>();
}

describe.runIf(isLinux)('the network', () => {
  let host: TestHost;
  let url: string;
  let key: string;
  const call = (path: string, options: NetworkCall = {}): Promise<NetworkAnswer> => callFrom(url + path, options);
  const withKey = (secret = key): Record<string, string> => ({ Authorization: `Bearer ${secret}` });

  beforeAll(async () => {
    host = await TestHost.start({ models: [demoModel('iris'), demoModel('diabetes')] });
    const { lan, made } = await changeLan(host, { on: true, addresses: [address], announce: false });
    url = lan.listeners[0]!.url!;
    key = made!.secret;
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  it('gets a key when it is switched on, and only then opens', () => {
    expect(key).toMatch(/^mr_[0-9a-f]{8}_[\w-]{43}$/);
    expect(url).toBe(`http://${address}:${new URL(host.url).port}`);
  });

  it('is answered with a key in either header, by address, name and localhost', async () => {
    const port = new URL(url).port;
    expect((await call('/predict/iris', { body, headers: withKey() })).json()).toMatchObject({ prediction: 'setosa' });
    for (const headers of [{ 'x-api-key': key }, { 'X-API-KEY': key }, { authorization: `bearer ${key}` }]) {
      expect((await call('/v2', { headers })).status).toBe(200);
    }
    for (const name of [address, `${address}:${port}`, 'localhost', 'LOCALHOST']) {
      const answer = await rawRequest(url, head('GET /v2 HTTP/1.1', `Host: ${name}`, `x-api-key: ${key}`));
      expect(answer?.status, name).toBe(200);
    }
  });

  it.each(['evil.example', '', '0.0.0.0', 'localhost.evil.com', '127.0.0.2.evil.com', 'localhost.', '127.0.0.3'])(
    'is refused by the name %j, whatever the key',
    async (name) => {
      const answer = await rawRequest(url, head('GET /v2 HTTP/1.1', `Host: ${name}`, `x-api-key: ${key}`));
      expect(answer?.status).toBe(421);
    },
  );

  it('is refused for pages of other sites, and its preflight allows nothing', async () => {
    for (const header of ['Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site']) {
      for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'PATCH']) {
        const answer = await rawRequest(
          url,
          head(`${method} /v2 HTTP/1.1`, `Host: ${address}`, `x-api-key: ${key}`, header, 'Content-Length: 0'),
        );
        expect(answer?.status, `${method} ${header}`).toBe(403);
      }
    }
    const preflight = await rawRequest(
      url,
      head('OPTIONS /v2 HTTP/1.1', `Host: ${address}`, 'Origin: https://evil.example'),
    );
    expect(preflight?.status).toBe(204);
    expect(Object.keys(preflight!.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('needs a key that is good: none, a wrong one, one in the address and other schemes are 401', async () => {
    const wrong = `mr_${key.slice(3, 11)}_${'A'.repeat(43)}`;
    for (const headers of [
      {},
      { Authorization: `Bearer ${wrong}` },
      { Authorization: `Basic ${Buffer.from(`user:${key}`).toString('base64')}` },
      { Authorization: key },
      { 'x-api-key': 'nonsense' },
      { Cookie: `key=${key}` },
    ]) {
      const answer = await call(`/v2?key=${key}&access_token=${key}`, { headers, from: '127.0.0.4' });
      expect([answer.status, answer.headers['www-authenticate']], JSON.stringify(headers)).toEqual([401, 'Bearer']);
      expect(answer.text).not.toContain(key);
    }
  });

  it('shows no management, and no metrics without the right to them', async () => {
    expect((await call('/api/v1/status', { headers: withKey() })).status).toBe(404);
    expect((await call('/metrics')).status).toBe(401);
    expect((await call('/metrics', { headers: withKey() })).status).toBe(403);
    const { secret } = await makeKey(host, { name: 'Prometheus', rights: ['metrics'] });
    expect((await call('/metrics', { headers: withKey(secret) })).text).toContain('millrace_');
    expect((await call('/v2/models/iris', { headers: withKey(secret) })).status).toBe(403);
  });

  it('answers whether it lives without a key, under the same rules for names and pages', async () => {
    for (const path of ['/v2/health/live', '/v2/health/ready', '/health', '/ready']) {
      expect((await call(path)).status, path).toBe(200);
      const answer = await rawRequest(url, head(`GET ${path} HTTP/1.1`, 'Host: evil.example'));
      expect(answer?.status).toBe(421);
    }
  });

  it('does not believe who a proxy is said to have asked for', async () => {
    const answer = await call('/v2', { headers: { 'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '127.0.0.1' } });
    expect(answer.status).toBe(401);
    const { secret } = await makeKey(host, { name: 'Bound', addresses: ['127.0.0.30'] });
    const headers = { ...withKey(secret), 'X-Forwarded-For': '127.0.0.30' };
    expect((await call('/v2', { headers })).status).toBe(403);
    expect((await call('/v2', { headers, from: '127.0.0.30' })).status).toBe(200);
  });

  it('lets a key for one model at no other, and shows it no other', async () => {
    const { secret } = await makeKey(host, { name: 'Only iris', models: ['iris'] });
    const headers = withKey(secret);
    expect((await call('/predict/iris', { body, headers })).status).toBe(200);
    for (const [path, sent] of [
      ['/predict/diabetes', body],
      ['/predict', JSON.stringify({ model: 'diabetes', features: [1] })],
      ['/predict', JSON.stringify({ model: 'nothing', features: [1] })],
      ['/v2/models/diabetes/infer', '{}'],
      ['/v2/models/nothing/infer', '{}'],
      ['/v2/models/diabetes', undefined],
      ['/v2/models/diabetes/versions/1/stats', undefined],
    ] as const) {
      const answer = await call(path, { headers, ...(sent !== undefined && { body: sent }) });
      expect([answer.status, answer.json<{ code: string }>().code], path).toEqual([403, 'forbidden']);
    }
    expect((await call('/v2/models', { headers })).json()).toEqual({ models: ['iris'] });
    expect((await call('/v2/models/stats', { headers })).text).not.toContain('diabetes');
    expect((await call('/v2/repository/index', { method: 'POST', headers })).text).not.toContain('diabetes');
    expect((await call('/', { headers })).text).not.toContain('diabetes');
    expect((await call('/v2/models', { headers: withKey() })).text).toContain('diabetes');
  });

  it('changes feature sets and models with the right to manage only', async () => {
    for (const [method, path] of [
      ['PUT', '/v1/features/patients'],
      ['POST', '/v1/features/patients:write'],
      ['DELETE', '/v1/features/patients'],
      ['POST', '/v2/repository/models/iris/unload'],
    ] as const) {
      expect((await call(path, { method, headers: withKey(), body: '{}' })).status, path).toBe(403);
    }
    const { secret } = await makeKey(host, { name: 'Manager', rights: ['admin'] });
    const headers = withKey(secret);
    expect((await call('/v1/features/patients', { method: 'PUT', headers, body: '{"ttlSeconds":60}' })).status).toBe(
      200,
    );
    expect((await call('/v1/features', { headers: withKey() })).status).toBe(200);
    // The same key manages the host on this machine; one that is for models does not.
    const status = await host.admin('/status', { headers: { Authorization: `Bearer ${secret}` } });
    expect(status.status).toBe(200);
    const other = await host.admin('/status', { headers: { Authorization: `Bearer ${key}` } });
    expect([other.status, other.json<{ code: string }>().code]).toEqual([403, 'forbidden']);
  });

  it('keeps a key to its rate, and says when to come again', async () => {
    const { secret } = await makeKey(host, { name: 'Slow', ratePerSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => call('/v2', { headers: withKey(secret) })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThan(5);
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused[0]!.json()).toMatchObject({ code: 'rate-limited' });
    expect((await call('/v2', { headers: withKey() })).status).toBe(200);
  });

  it('answers 429 to who guesses, and the right key all the same', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 1000; count++) {
      const headers = { 'x-api-key': `mr_${count.toString(16).padStart(8, '0')}_${'B'.repeat(43)}` };
      const answer = await call('/v2', { headers, from: '127.0.0.50' });
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(statuses.indexOf(429)).toBe(20);
    expect(statuses.slice(20).every((status) => status === 429)).toBe(true);
    expect((await call('/v2', { headers: withKey(), from: '127.0.0.50' })).status).toBe(200);
    expect((await call('/v2', { headers: { 'x-api-key': 'wrong' }, from: '127.0.0.40' })).status).toBe(401);
    expect((await call('/v2', { headers: withKey(), from: '127.0.0.40' })).status).toBe(200);
  });

  it('refuses a key the moment that it is revoked, on an open connection too', async () => {
    const { key: view, secret } = await makeKey(host, { name: 'Gone soon' });
    const headers = { 'x-api-key': secret };
    expect((await host.send('/v2', { headers })).status).toBe(200);
    expect((await host.admin(`/keys/${view.id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await host.send('/v2', { headers })).status).toBe(401);
    expect((await refusedBy(host)).map(({ reason, subject }) => [reason, subject])).toContainEqual([
      'revoked-key',
      'Gone soon',
    ]);
  });

  it('ends a key when its time is over', async () => {
    const { secret } = await makeKey(host, { name: 'Short', days: 0.001 });
    expect((await call('/v2', { headers: withKey(secret) })).status).toBe(200);
    const list = (await host.admin('/keys')).json<{ name: string; expiresAt?: string }[]>();
    const ends = Date.parse(list.find(({ name }) => name === 'Short')!.expiresAt!);
    expect(ends - Date.now()).toBeGreaterThan(0);
    expect(ends - Date.now()).toBeLessThan(87_000);
  });

  it('notes when and from where a key was used', async () => {
    await call('/v2', { headers: withKey(), from: '127.0.0.60' });
    const list = (await host.admin('/keys')).json<{ name: string; lastAddress?: string; lastUsedAt?: string }[]>();
    const own = list.find(({ name }) => name === 'First key')!;
    expect(own.lastAddress).toBe('127.0.0.60');
    expect(Date.now() - Date.parse(own.lastUsedAt!)).toBeLessThan(10_000);
  });

  it('is kept as a hash in a file of its owner, and nowhere as it is', async () => {
    const path = join(host.dataDirectory, 'access.db');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const secret = key.slice(12);
    for (const file of await readdir(host.dataDirectory, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = await readFile(join(file.parentPath, file.name), 'latin1');
      expect(bytes.includes(secret), file.name).toBe(false);
    }
    const listed = await host.admin('/keys');
    expect(listed.text).not.toContain(secret);
  });

  it('has programs of this machine send a key too, unless a person says otherwise', async () => {
    expect((await host.send('/v2')).status).toBe(401);
    const say = (localNeedsKey: boolean) =>
      host.admin('/callers', { method: 'PATCH', body: JSON.stringify({ localNeedsKey }) });
    await say(false);
    expect((await host.send('/v2')).status).toBe(200);
    expect((await call('/v2')).status).toBe(401);
    await say(true);
    expect((await host.send('/v2')).status).toBe(401);
  });

  it('lists who was refused, and helps each and nobody else', async () => {
    await call('/v2', { from: '127.0.0.71' });
    await call('/v2', { from: '127.0.0.71' });
    await rawRequest(url, head('GET /v2 HTTP/1.1', 'Host: vision.factory.lan:8000'), '127.0.0.72');
    await rawRequest(url, head('GET /v2 HTTP/1.1', `Host: ${address}`, 'Origin: https://panel.example'), '127.0.0.73');
    const cards = await refusedBy(host);
    const of = (reason: string, from: string) => cards.find((card) => card.reason === reason && card.address === from)!;
    expect(of('no-key', '127.0.0.71')).toMatchObject({ count: 2, fix: 'make-key' });
    expect(of('host', '127.0.0.72')).toMatchObject({ subject: 'vision.factory.lan:8000', fix: 'allow-host' });
    expect(of('origin', '127.0.0.73')).toMatchObject({ subject: 'https://panel.example', fix: 'allow-origin' });
    const fix = async (card: RefusedClient) =>
      (await host.admin(`/refused-clients/${card.id}/fix`, { body: '{}' })).json<{ made?: MadeKey }>();

    const { made } = await fix(of('no-key', '127.0.0.71'));
    expect((await call('/v2', { headers: withKey(made!.secret), from: '127.0.0.71' })).status).toBe(200);
    expect((await call('/v2', { headers: withKey(made!.secret), from: '127.0.0.74' })).status).toBe(403);

    await fix(of('host', '127.0.0.72'));
    const named = (name: string) => rawRequest(url, head('GET /v2 HTTP/1.1', `Host: ${name}`, `x-api-key: ${key}`));
    expect((await named('vision.factory.lan'))?.status).toBe(200);
    expect((await named('x.vision.factory.lan'))?.status).toBe(421);

    await fix(of('origin', '127.0.0.73'));
    const page = (origin: string, method = 'GET') =>
      rawRequest(
        url,
        head(
          `${method} /v2 HTTP/1.1`,
          `Host: ${address}`,
          `x-api-key: ${key}`,
          `Origin: ${origin}`,
          'Sec-Fetch-Site: cross-site',
          'Access-Control-Request-Method: POST',
        ),
      );
    const allowed = await page('https://panel.example');
    expect(allowed).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'https://panel.example' } });
    expect(allowed?.headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await page('https://panel.example', 'OPTIONS'))?.headers['access-control-allow-headers']).toContain(
      'authorization',
    );
    for (const other of ['http://panel.example', 'https://panel.example.evil.example', 'https://panel.example:444']) {
      expect((await page(other))?.status, other).toBe(403);
    }
    const left = await refusedBy(host);
    expect(left.some(({ address: from, reason }) => from === '127.0.0.71' && reason === 'no-key')).toBe(false);
  });

  it('cuts off a blocked address, until it is unblocked', async () => {
    const change = (what: object) => host.admin('/callers', { method: 'PATCH', body: JSON.stringify(what) });
    await change({ add: { blocked: '127.0.0.80' } });
    await expect(call('/v2', { headers: withKey(), from: '127.0.0.80' })).rejects.toThrow();
    expect((await call('/v2', { headers: withKey(), from: '127.0.0.81' })).status).toBe(200);
    await change({ remove: { blocked: '127.0.0.80' } });
    expect((await call('/v2', { headers: withKey(), from: '127.0.0.80' })).status).toBe(200);
  });

  it('is refused what is no host, no page and no address, and a public address without being asked twice', async () => {
    const patch = (path: string, value: object) => host.admin(path, { method: 'PATCH', body: JSON.stringify(value) });
    for (const add of [
      { host: '*' },
      { host: '*.lan' },
      { host: '0.0.0.0' },
      { host: 'http://x' },
      { host: 'a..b' },
      { origin: '*' },
      { origin: 'null' },
      { origin: 'file:///x' },
      { origin: 'https://u:p@x.example' },
      { blocked: 'somebody' },
    ]) {
      expect((await patch('/callers', { add })).status, JSON.stringify(add)).toBe(400);
    }
    const asked = await patch('/lan', { addresses: ['8.8.8.8'] });
    expect(asked.json()).toMatchObject({ code: 'invalid-request', details: { publicAddresses: ['8.8.8.8'] } });
    expect((await call('/v2', { headers: withKey() })).status).toBe(200);
  });

  it('is closed by the switch, open connections and all, and opened again', async () => {
    await changeLan(host, { on: false });
    await expect(call('/v2', { headers: withKey() })).rejects.toThrow(/ECONNREFUSED/);
    expect((await host.send('/v2', { headers: { 'x-api-key': key } })).status).toBe(200);
    const { made } = await changeLan(host, { on: true });
    expect(made).toBeUndefined();
    expect((await call('/v2', { headers: withKey() })).status).toBe(200);
  });
});
