/** Who gets into the admin listener and who does not: security.md's rows about cookies, tokens, origins and media types. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BrowserClient } from '../support/browser-client.ts';
import { demoModel } from '../support/demo-models.ts';
import { RawConnection, head, rawRequest } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: [demoModel('iris')] });
});
afterAll(() => host[Symbol.asyncDispose]());

/** Routes that change something, by method. */
const changes = [
  ['POST', '/api/v1/uploads'],
  ['POST', '/api/v1/imports'],
  ['POST', '/api/v1/jobs/x/cancel'],
  ['POST', '/api/v1/models/iris/predict'],
  ['POST', '/api/v1/launch-links'],
  ['PATCH', '/api/v1/uploads/x'],
  ['DELETE', '/api/v1/uploads/x'],
  ['DELETE', '/api/v1/session'],
  ['PUT', '/api/v1/status'],
] as const;

async function page(): Promise<BrowserClient> {
  const client = new BrowserClient(host.adminUrl);
  expect((await client.enter(host.host.launchUrl())).status).toBe(201);
  return client;
}

describe('the launch link', () => {
  it('is used once, and holds its code where no log sees it', async () => {
    const link = host.host.launchUrl();
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
    expect((await new BrowserClient(host.adminUrl).enter(link)).status).toBe(201);
    const second = await new BrowserClient(host.adminUrl).enter(link);
    expect(second.status).toBe(401);
    expect(second.headers).not.toHaveProperty('set-cookie');
  });

  it('comes fresh from the host for the command line, in two kinds', async () => {
    const answer = await host.admin('/launch-links', { body: '{}' });
    expect(answer.status).toBe(201);
    const { printed, opened } = answer.json<{ printed: string; opened: string }>();
    expect((await new BrowserClient(host.adminUrl).enter(printed)).status).toBe(201);
    expect((await new BrowserClient(host.adminUrl).enter(opened)).status).toBe(201);
  });
});

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends', async () => {
    const answer = await new BrowserClient(host.adminUrl).enter(host.host.launchUrl());
    const port = new URL(host.adminUrl).port;
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(`^millrace-session-${port}=[\\w-]{43}; Path=/api; Max-Age=604800; HttpOnly; SameSite=Strict$`),
      ),
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('reads with its cookie, and changes nothing without its CSRF token', async () => {
    const client = await page();
    expect((await client.send('/api/v1/status')).status).toBe(200);
    const { csrfToken } = client;
    for (const wrong of [undefined, 'wrong', (await page()).csrfToken]) {
      client.csrfToken = wrong;
      for (const [method, path] of changes) {
        const answer = await client.json(method, path, {});
        expect([answer.status, answer.json<{ code: string }>().code], `${method} ${path}`).toEqual([403, 'forbidden']);
      }
    }
    client.csrfToken = csrfToken;
    expect((await client.json('POST', '/api/v1/launch-links', {})).status).toBe(201);
  });

  it('is told its token again when the page is loaded again', async () => {
    const client = await page();
    expect((await client.send('/api/v1/session')).json<{ csrfToken: string }>().csrfToken).toBe(client.csrfToken);
  });

  it('is replaced by a new login in the same browser', async () => {
    const client = await page();
    const before = client.cookie;
    await client.enter(host.host.launchUrl());
    expect(client.cookie).not.toBe(before);
    client.cookie = before;
    expect((await client.send('/api/v1/status')).status).toBe(401);
  });

  it('ends when it signs out, and when another signs it out', async () => {
    const [one, other] = [await page(), await page()];
    const list = (await other.send('/api/v1/sessions')).json<{ id: string; isOwn: boolean }[]>();
    expect(list.filter(({ isOwn }) => isOwn)).toHaveLength(1);
    const ids = list.map(({ id }) => id);
    const own = (await one.send('/api/v1/sessions')).json<{ id: string; isOwn: boolean }[]>();
    const oneId = own.find(({ isOwn }) => isOwn)!.id;
    expect(ids).toContain(oneId);
    expect((await other.send(`/api/v1/sessions/${oneId}`, { method: 'DELETE' })).status).toBe(200);
    expect((await one.send('/api/v1/status')).status).toBe(401);
    const out = await other.send('/api/v1/session', { method: 'DELETE' });
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await other.send('/api/v1/status')).status).toBe(401);
  });

  it('is kept as a hash, in a file of its owner', async () => {
    const client = await page();
    const secret = client.cookie!.split('=')[1]!;
    const path = join(host.dataDirectory, 'sessions.json');
    await expect.poll(() => readFile(path, 'utf8')).toContain('"hash"');
    expect(await readFile(path, 'utf8')).not.toContain(secret);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('the token', () => {
  it('is new at each start, and only its owner reads it', async () => {
    const path = join(host.dataDirectory, 'run.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ adminToken: host.adminToken });
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is asked for everywhere below /api, also where nothing is', async () => {
    for (const [method, path] of [
      ...changes,
      ['GET', '/api/v1/status'],
      ['GET', '/api/v1/live'],
      ['GET', '/api/nothing'],
      ['GET', '/api'],
      ['GET', '/api/v1/openapi.json'],
    ]) {
      const answer = await rawRequest(
        host.adminUrl,
        head(`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0', 'Connection: close'),
      );
      expect([answer?.status, answer?.headers['www-authenticate']], `${method} ${path}`).toEqual([401, 'Bearer']);
    }
  });

  it('is not taken from the query, from a cookie, or from another scheme', async () => {
    const { adminToken: token } = host;
    for (const headers of [
      [],
      [`Cookie: token=${token}`],
      [`Authorization: Basic ${token}`],
      [`Authorization: ${token}`],
      [`X-Api-Key: ${token}`],
    ]) {
      const answer = await rawRequest(
        host.adminUrl,
        head(`GET /api/v1/status?token=${token}&access_token=${token} HTTP/1.1`, 'Host: localhost', ...headers),
      );
      expect(answer?.status).toBe(401);
      expect(answer?.body).not.toContain(token);
    }
  });

  it('does not open the inference listener, and its routes are not there', async () => {
    expect(
      (await host.send('/api/v1/status', { headers: { Authorization: `Bearer ${host.adminToken}` } })).status,
    ).toBe(404);
  });
});

describe('wrong tokens', () => {
  it('of one address are answered 429 after twenty in a minute, while the right one still opens', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 1000; count++) {
      const answer = await host.admin('/status', { headers: { Authorization: `Bearer wrong-${count}` } });
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(statuses.indexOf(429)).toBeLessThanOrEqual(20);
    expect(statuses.at(-1)).toBe(429);
    expect((await host.admin('/status')).status).toBe(200);
    if (process.platform !== 'linux') return;
    // Another address of this machine: it has not been wrong.
    const other = await rawRequest(
      host.adminUrl,
      head('GET /api/v1/status HTTP/1.1', 'Host: localhost', 'Authorization: Bearer wrong'),
      '127.0.0.9',
    );
    expect(other?.status).toBe(401);
  });
});

describe('a page of another site', () => {
  const foreign = [
    'Origin: https://evil.example',
    'Origin: null',
    'Sec-Fetch-Site: cross-site',
    'Origin: http://localhost.evil.com',
  ];
  let cookie = '';
  let csrf = '';
  beforeEach(async () => {
    const client = await page();
    [cookie, csrf] = [client.cookie!, client.csrfToken!];
  });

  it.each(foreign)('with %s does nothing, even with a cookie and a CSRF token', async (header) => {
    for (const [method, path] of [...changes, ['GET', '/api/v1/status'], ['GET', '/api/v1/live']]) {
      const answer = await rawRequest(
        host.adminUrl,
        head(
          `${method} ${path} HTTP/1.1`,
          'Host: localhost',
          header,
          `Cookie: ${cookie}`,
          `X-Millrace-CSRF: ${csrf}`,
          'Content-Type: application/json',
          'Content-Length: 0',
          'Connection: close',
        ),
      );
      expect(answer?.status, `${method} ${path}`).toBe(403);
    }
    expect((await host.admin('/uploads')).json()).toEqual([]);
  });

  it('does not open a stream or a WebSocket', async () => {
    const upgrade = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: eA==',
    ];
    const open = (...headers: string[]) =>
      rawRequest(host.adminUrl, head('GET /api/v1/live HTTP/1.1', 'Host: localhost', ...headers));
    expect((await open('Origin: https://evil.example', `Cookie: ${cookie}`, ...upgrade))?.status).toBe(403);
    expect((await open(...upgrade))?.status).toBe(401);
    expect((await open('Accept: text/event-stream'))?.status).toBe(401);
  });

  it('may lead a person to the page by a link, and to nothing else', async () => {
    const navigate = (path: string, ...headers: string[]) =>
      rawRequest(
        host.adminUrl,
        head(
          `GET ${path} HTTP/1.1`,
          'Host: localhost',
          'Sec-Fetch-Site: cross-site',
          'Sec-Fetch-Mode: navigate',
          ...headers,
        ),
      );
    const answer = await navigate('/', 'Sec-Fetch-Dest: document');
    expect(answer?.status).toBe(200);
    expect(answer?.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect((await navigate('/', 'Sec-Fetch-Dest: iframe'))?.status).toBe(403);
    expect((await navigate('/api/v1/status', 'Sec-Fetch-Dest: document', `Cookie: ${cookie}`))?.status).toBe(403);
  });
});

describe('bodies that a form can send', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    undefined,
    'text/plain; x=application/json',
  ])('%s gets 415 on every route that takes a body', async (type) => {
    for (const [method, path] of [
      ['POST', '/session'],
      ['POST', '/uploads'],
      ['POST', '/imports'],
      ['POST', '/jobs/x/cancel'],
      ['POST', '/launch-links'],
      ['POST', '/models/iris/predict'],
      ['POST', '/models/iris/versions/1/infer'],
      ['PATCH', '/uploads/x'],
    ]) {
      const answer = await rawRequest(
        host.adminUrl,
        head(
          `${method} /api/v1${path} HTTP/1.1`,
          'Host: localhost',
          `Authorization: Bearer ${host.adminToken}`,
          ...(type === undefined ? [] : [`Content-Type: ${type}`]),
          'Content-Length: 2',
          'Connection: close',
        ) + '{}',
      );
      expect([answer?.status, JSON.parse(answer!.body)], `${method} ${path}`).toMatchObject([
        415,
        { code: 'unsupported-media-type' },
      ]);
    }
  });
});

describe('a body', () => {
  const post = (body: string | Uint8Array) => host.admin('/uploads', { body });

  it.each([
    ['__proto__', '{"fileName":"a","sizeBytes":1,"__proto__":{"x":1}}'],
    ['a member twice', '{"fileName":"a","fileName":"b","sizeBytes":1}'],
    ['an endless number', '{"fileName":"a","sizeBytes":1e999}'],
    ['depth', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['half of it', '{"fileName":'],
    ['nothing known', '{"nonsense":1}'],
    ['a name with a path', '{"fileName":"../a","sizeBytes":1}'],
    ['a name that turns the direction', '{"fileName":"a\\u202Exnno","sizeBytes":1}'],
    ['no number', '{"fileName":"a","sizeBytes":"1"}'],
  ])('with %s is refused', async (_title, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      code: expect.stringMatching(/^invalid-/) as string,
      error: expect.any(String) as string,
    });
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('that is not UTF-8 is refused', async () => {
    expect((await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).status).toBe(400);
  });

  it('above a megabyte is refused, announced or not', async () => {
    expect((await post(`{"fileName":"${'a'.repeat(1_000_001)}"}`)).status).toBe(413);
    using connection = await RawConnection.open(host.adminUrl);
    void connection.write(
      head(
        'POST /api/v1/uploads HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${host.adminToken}`,
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ),
    );
    for (let count = 0; count < 20; count++) void connection.write(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    expect((await connection.answer())?.status).toBe(413);
  });
});

describe('every answer', () => {
  it('has the headers that keep a browser from doing more with it', async () => {
    const authorized = `Authorization: Bearer ${host.adminToken}`;
    for (const line of [
      'GET /',
      'GET /api/v1/status',
      'GET /api/nothing',
      'POST /',
      'GET /reference',
      'GET /reference.css',
      'GET /assets/x.js',
      'DELETE /api/v1/status',
      'GET /%ff',
      'GET /api/v1/jobs/%ff',
    ]) {
      const answer = await rawRequest(
        host.adminUrl,
        head(`${line} HTTP/1.1`, 'Host: localhost', authorized, 'Content-Length: 0', 'Connection: close'),
      );
      expect(answer?.headers, line).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/^default-src 'none'.*frame-ancestors 'none'/) as string,
      });
      expect(answer?.headers['content-security-policy'], line).not.toContain('unsafe');
      if (line.includes('/api')) expect(answer?.headers['cache-control'], line).toBe('no-store');
    }
  });

  it('names the methods of a path where the method is wrong', async () => {
    const answer = await host.admin('/jobs/x/cancel', { method: 'DELETE' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
    expect((await host.admin('/live', { method: 'HEAD' })).status).toBe(405);
    expect((await host.admin('/status', { method: 'HEAD' })).status).toBe(200);
    expect((await host.admin('/Status')).status).toBe(404);
  });
});

it('a crowd of connections that say nothing locks nobody out', async () => {
  const idle = await Promise.all(Array.from({ length: 400 }, () => RawConnection.open(host.adminUrl)));
  const startMs = performance.now();
  const answer = await rawRequest(
    host.adminUrl,
    head('GET /api/v1/status HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${host.adminToken}`),
  );
  expect(answer?.status).toBe(200);
  expect(performance.now() - startMs).toBeLessThan(2000);
  await expect.poll(() => idle.filter(({ isOpen }) => isOpen).length).toBeLessThanOrEqual(128);
  for (const connection of idle) connection[Symbol.dispose]();
});
