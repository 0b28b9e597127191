/** The GUI's files as the admin listener serves them, from a folder as Vite builds it. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminListener } from '../../server/admin/admin-listener.ts';
import { guiFiles, guiPolicy } from '../../server/admin/gui-files.ts';
import { createLog } from '../../server/base/log.ts';
import { errorResponse } from '../../server/gateway/error-response.ts';
import { AdminAccess } from '../../server/security/admin-access.ts';
import { head, rawRequest } from '../support/raw-http.ts';

let base = '';
let url = '';
let listener: AdminListener;
const htmlType = { Accept: 'text/html,application/xhtml+xml' };

beforeAll(async () => {
  // A folder whose path has a name with a dot, as those of many users have.
  base = await mkdtemp(join(tmpdir(), '.millrace-gui-'));
  await writeFile(join(base, 'secret.txt'), 'secret');
  listener = new AdminListener({
    routes: [],
    access: new AdminAccess(),
    log: createLog('silent', 'json'),
    pages: [guiFiles({ folder: join(base, 'gui'), inferenceUrl: () => 'http://127.0.0.1:8000' })],
    errorResponse,
    refuseUnparsed: (_error, socket) => socket.destroy(),
  });
  await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await listener.stop();
  await rm(base, { recursive: true });
});

describe('before the GUI is built', () => {
  it('a page says how to build it', async () => {
    const answer = await fetch(`${url}/`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('npm run build:gui');
  });
});

describe('the built GUI', () => {
  beforeAll(async () => {
    await mkdir(join(base, 'gui', 'assets'), { recursive: true });
    await writeFile(join(base, 'gui', 'index.html'), '<!doctype html><title>built</title>');
    await writeFile(join(base, 'gui', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(base, 'gui', '.env'), 'secret');
    await writeFile(join(base, 'gui', 'assets', 'index-AbC123.js'), 'export {};');
    if (process.platform !== 'win32')
      await symlink(join(base, 'gui', 'index.html'), join(base, 'gui', 'assets', 'link.html'));
  });

  it('keeps hashed assets for good and asks for the page each time', async () => {
    const asset = await fetch(`${url}/assets/index-AbC123.js`);
    expect([asset.status, asset.headers.get('cache-control'), asset.headers.get('content-type')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'text/javascript; charset=utf-8',
    ]);
    for (const path of ['/', '/index.html', '/favicon.svg']) {
      const answer = await fetch(url + path);
      expect([answer.status, answer.headers.get('cache-control')], path).toEqual([200, 'no-cache']);
      expect(answer.headers.get('content-security-policy')).toBe(guiPolicy);
      expect(answer.headers.get('etag')).not.toBeNull();
    }
  });

  it('is the page at every place that a person opens, and at none that a program asks for', async () => {
    for (const path of ['/models', '/models/iris', '/settings?tab=keys']) {
      const answer = await fetch(url + path, { headers: htmlType });
      expect([answer.status, await answer.text()], path).toEqual([200, '<!doctype html><title>built</title>']);
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    for (const path of [
      '/assets/gone-1.js',
      '/assets/',
      '/gone.css',
      '/v2',
      '/v2/models/iris',
      '/predict/iris',
      '/metrics',
    ]) {
      const answer = await fetch(url + path, { headers: htmlType });
      expect(answer.status, path).toBe(404);
      expect(await answer.json(), path).toMatchObject({
        code: 'not-found',
        hint: expect.stringContaining('127.0.0.1:8000') as string,
      });
    }
    expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${url}/api/x`, { headers: htmlType })).status).toBe(401);
  });

  it('leaves its folder on no path, and hides names with a dot', async () => {
    for (const path of [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/..%5csecret.txt',
      '/.env',
      '/assets/../.env',
      '/%00',
      '//secret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    ]) {
      const answer = await rawRequest(url, head(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'));
      expect(answer?.body, path).not.toContain('secret');
      expect(answer?.status, path).toBeGreaterThanOrEqual(400);
    }
  });
});

it('the policy of the page allows nothing inline and nothing from elsewhere', () => {
  expect(guiPolicy).not.toMatch(/unsafe|\*|https?:/);
  expect(guiPolicy).toContain("default-src 'none'");
});
