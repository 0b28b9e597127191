/** `app://gui`: files of the GUI and nothing else, calls to the host with the token and with nothing of the page's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answerGui, failedPage, guiPolicy } from '../../electron/gui-protocol.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-gui-'));
const gui = join(folder, 'gui');
mkdirSync(join(gui, 'assets'), { recursive: true });
writeFileSync(join(folder, 'secret.js'), 'secret');
writeFileSync(join(gui, 'index.html'), '<!doctype html><title>the page</title>');
writeFileSync(join(gui, 'assets', 'main-Ab_1.js'), 'code');
writeFileSync(join(gui, 'mark.svg'), '<svg/>');
writeFileSync(join(gui, 'stamp'), 'not ours to give');
// On Windows this name is a way out of the folder; elsewhere it is a file that shows whether it would be taken.
if (process.platform !== 'win32') writeFileSync(join(gui, String.raw`..\secret.js`), 'secret');

afterAll(() => rmSync(folder, { recursive: true }));

describe('a file of the GUI', () => {
  const get = (path: string, method = 'GET'): Promise<Response> =>
    answerGui(gui, () => undefined)(new Request(`app://gui${path}`, { method }));

  it('comes with its type, the policy, and for good where its name holds a hash', async () => {
    const script = await get('/assets/main-Ab_1.js');
    expect(await script.text()).toBe('code');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('content-security-policy')).toBe(guiPolicy);
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect((await get('/mark.svg')).headers.get('cache-control')).toBe('no-cache');
  });

  it.each(['/', '/models/iris', '/models/yolo.v8', '/monitor/events?from=1', '/stamp', '/assets.js/x'])(
    'is the page for the place %s',
    async (path) => {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toContain('the page');
    },
  );

  it('is not there where the build has none of that name', async () => {
    expect((await get('/assets/other.js')).status).toBe(404);
    expect((await get('/assets/..%2f..%2fsecret.js')).status).toBe(404);
  });

  it.each([
    '/..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/../secret.js',
    String.raw`/..\secret.js`,
    '/..%5csecret.js',
    '/x/%2e%2e%2f%2e%2e/secret.js',
    '/%00/secret.js',
    '//secret.js',
    '/./../secret.js',
    '/%E0%A4%A.js',
  ])('is never one outside of the folder: %s', async (path) => {
    expect(await (await get(path)).text()).not.toContain('secret');
  });

  it('is read and not written', async () => {
    expect((await get('/', 'POST')).status).toBe(405);
    expect((await get('/', 'DELETE')).status).toBe(405);
  });

  it('is not given to another host of the scheme', async () => {
    const answer = await answerGui(gui, () => undefined)(new Request('app://evil/index.html'));
    expect(answer.status).toBe(404);
  });

  it('says so where the GUI has not been built, and has a page for a window that failed', async () => {
    const unbuilt = await answerGui(join(folder, 'none'), () => undefined)(new Request('app://gui/models'));
    expect(await unbuilt.text()).toContain('npm run build:gui');
    expect(await (await get(failedPage)).text()).toContain('Load it again');
  });
});

describe('a call of the host', () => {
  let server: Server;
  let adminUrl: string;
  const seen: { readonly url: string; readonly headers: IncomingMessage['headers']; body: string }[] = [];
  let answerWith: (response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: `${request.method} ${request.url}`, headers: request.headers, body });
        answerWith(response);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => seen.splice(0));
  afterAll(() => void server.close());

  const call = (path: string, init: RequestInit & { readonly duplex?: 'half' } = {}): Promise<Response> =>
    answerGui(gui, () => ({ adminUrl, adminToken: 'the-token' }))(new Request(`app://gui${path}`, init));

  it('goes to the host with the token, its query and its body, and comes back with the status', async () => {
    answerWith = (response) => response.writeHead(201, { 'Content-Type': 'application/json' }).end('{"id":"u1"}');
    const headers = { 'Content-Type': 'application/json', 'Upload-Offset': '8', 'Last-Event-ID': 'a-7' };
    const answer = await call('/api/v1/uploads?x=1', { method: 'POST', body: '{"a":1}', headers });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ id: 'u1' });
    expect(seen).toHaveLength(1);
    const [{ url, body, headers: got }] = seen as [(typeof seen)[number]];
    expect(url).toBe('POST /api/v1/uploads?x=1');
    expect(body).toBe('{"a":1}');
    expect(got).toMatchObject({
      authorization: 'Bearer the-token',
      'content-type': 'application/json',
      'upload-offset': '8',
      'last-event-id': 'a-7',
    });
  });

  it('passes on nothing by which a page could be somebody else, and gives back no cookie and no token', async () => {
    answerWith = (response) => response.writeHead(200, { 'Set-Cookie': 'a=b', 'X-Millrace-Cache': 'hit' }).end('{}');
    const headers = {
      Authorization: 'Bearer forged',
      Cookie: 'c=d',
      Origin: 'app://gui',
      'X-Forwarded-For': '10.0.0.1',
    };
    const answer = await call('/api/v1/status', { headers });
    expect(seen[0]!.headers['authorization']).toBe('Bearer the-token');
    for (const name of ['cookie', 'origin', 'x-forwarded-for', 'referer'])
      expect(seen[0]!.headers[name]).toBeUndefined();
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('x-millrace-cache')).toBe('hit');
    expect(JSON.stringify([...answer.headers])).not.toContain('the-token');
  });

  it('hands on a stream piece by piece', async () => {
    let open: ServerResponse | undefined;
    answerWith = (response) => {
      open = response;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('event: snapshot\n');
    };
    const answer = await call('/api/v1/live');
    const reader = answer.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('event: snapshot\n');
    open!.write('second');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('second');
    await reader.cancel();
    open!.end();
  });

  it('follows no redirect, which could lead the token away', async () => {
    answerWith = (response) => response.writeHead(307, { Location: 'http://evil.example/' }).end();
    expect((await call('/api/v1/status')).status).toBe(307);
    expect(seen).toHaveLength(1);
  });

  it('is answered with a code where no host runs or none answers', async () => {
    const none = await answerGui(gui, () => undefined)(new Request('app://gui/api/v1/status'));
    expect(none.status).toBe(503);
    expect(await none.json()).toMatchObject({ code: 'host-not-running' });
    const dead = { adminUrl: 'http://127.0.0.1:9', adminToken: 't' };
    expect((await answerGui(gui, () => dead)(new Request('app://gui/api/v1/status'))).status).toBe(503);
  });

  it('is not made for a path that only begins alike', async () => {
    await call('/apis/v1');
    expect(seen).toEqual([]);
  });
});
