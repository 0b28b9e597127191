/** The live stream of a real host: what a window sees, also after its line was cut, and what the host does for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminListener } from '../../server/admin/admin-listener.ts';
import { liveRoutes } from '../../server/admin/live-routes.ts';
import { LiveStream } from '../../server/admin/live-stream.ts';
import { createLog } from '../../server/base/log.ts';
import { parseConfig } from '../../server/config.ts';
import { errorResponse } from '../../server/gateway/error-response.ts';
import { startHost } from '../../server/main.ts';
import { hostViewSchema } from '../../server/protocol/admin/host-view.ts';
import { AdminAccess } from '../../server/security/admin-access.ts';
import { liveState } from '../admin/live-views.ts';
import { BrowserClient } from '../support/browser-client.ts';
import { demoModel } from '../support/demo-models.ts';
import { demoModels, until } from '../support/host-process.ts';
import { LiveClient } from '../support/live-client.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: [demoModel('iris')] });
});
afterAll(() => host[Symbol.asyncDispose]());

const watch = (headers: Readonly<Record<string, string>> = {}): Promise<LiveClient> =>
  LiveClient.open(host.adminUrl, { Authorization: `Bearer ${host.adminToken}`, ...headers });

const ask = () => host.post('/predict/iris', { features: [5.1, 3.5, 1.4, 0.2] });

/** Answered requests that a message knows of. */
function answered(message: LiveClient['messages'][number]): number | undefined {
  const model = message.type === 'snapshot' ? message.host.models[0] : message.models?.['iris'];
  return model?.versions[0]?.answered;
}

describe('the live stream', () => {
  it('begins with the whole state, in the shape that the document says', async () => {
    using client = await watch();
    expect([client.status, client.headers['content-type']]).toEqual([200, 'text/event-stream']);
    await client.see('the snapshot', () => true);
    expect(hostViewSchema.strict().parse(client.snapshot.host)).toEqual(client.snapshot.host);
    expect(client.snapshot.host.models).toMatchObject([
      {
        name: 'iris',
        state: 'READY',
        versions: [{ version: '1', replicas: [{ state: 'ready' }] }],
        takesPredict: true,
      },
    ]);
  });

  it('tells of a request within two seconds, with the traffic of the last ten', async () => {
    using client = await watch();
    await client.see('the snapshot', () => true);
    const before = answered(client.snapshot)!;
    for (let count = 0; count < 20; count++) expect((await ask()).status).toBe(200);
    const told = await client.see(
      'the requests',
      (message) => message.type === 'delta' && answered(message) === before + 20,
    );
    const model = told.type === 'delta' ? told.models?.['iris'] : undefined;
    expect(model?.traffic.requestsPerSecond).toBeGreaterThan(0);
    expect(model?.traffic.p50Ms).toBeGreaterThan(0);
    expect(model?.traffic.p99Ms).toBeGreaterThanOrEqual(model!.traffic.p50Ms!);
  });

  it('gives one who comes back what it missed and no second snapshot', async () => {
    const first = await watch();
    await first.see('the snapshot', () => true);
    const before = answered(first.snapshot)!;
    first[Symbol.dispose]();
    for (let count = 0; count < 3; count++) await ask();
    using back = await watch({ 'Last-Event-ID': first.lastEventId! });
    await back.see('the requests of the gap', (message) => answered(message) === before + 3);
    expect(back.messages.every(({ type }) => type === 'delta')).toBe(true);
    using stranger = await watch({ 'Last-Event-ID': '00000000-7' });
    await stranger.see('the snapshot', ({ type }) => type === 'snapshot');
  });

  it('is told to a page by its cookie, as EventSource sends it', async () => {
    const page = new BrowserClient(host.adminUrl);
    await page.enter(host.host.launchUrl());
    using client = await LiveClient.open(host.adminUrl, { Cookie: page.cookie!, 'Sec-Fetch-Site': 'same-origin' });
    await client.see('the snapshot', ({ type }) => type === 'snapshot');
  });

  it('has places for thirty-two, and a place that is left is free again', async () => {
    const clients = await Promise.all(Array.from({ length: 32 }, () => watch()));
    {
      using refused = await watch();
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);
    }
    clients[0]![Symbol.dispose]();
    await until('a place is free', 5000, async () => {
      using next = await watch();
      return next.status === 200;
    });
    for (const client of clients) client[Symbol.dispose]();
  });
});

describe('a watcher that does not read', () => {
  it('is dropped once it is a megabyte behind, while others go on', async () => {
    let turn = 0;
    const stream = new LiveStream({
      epoch: 'e',
      // Half a megabyte of news in each message.
      state: () =>
        liveState({
          rssBytes: ++turn,
          problems: [{ subject: 'x', message: String(turn % 10).repeat(500_000), hint: '' }],
        }),
    });
    const access = new AdminAccess();
    const listener = new AdminListener({
      routes: liveRoutes(stream),
      access,
      log: createLog('silent', 'json'),
      pages: [],
      errorResponse,
      refuseUnparsed: (_error, socket) => socket.destroy(),
    });
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}`;
    const headers = { Authorization: `Bearer ${access.token}` };
    using slow = await LiveClient.open(url, headers);
    using quick = await LiveClient.open(url, headers);
    slow.pause();
    // The system's own buffers take a few megabytes before anything is behind.
    await until('the slow one is dropped', 30_000, () => {
      stream.tick();
      return stream.watchers === 1;
    });
    const before = quick.messages.length;
    stream.tick();
    await until('the quick one hears on', 5000, () => quick.messages.length > before);
    expect(quick.isOpen).toBe(true);
    stream.close();
    await listener.stop();
  });
});

describe('a host that is started again', () => {
  it('knows its browsers, has another token, and begins the stream anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-again-'));
    const start = (adminPort: number) =>
      startHost(
        parseConfig(
          { models: demoModels, dataDirectory: folder, http: { port: 0 }, admin: { port: adminPort } },
          'The test',
        ),
        { log: createLog('silent', 'json') },
      );
    const first = await start(0);
    const page = new BrowserClient(first.adminUrl);
    await page.enter(first.launchUrl());
    using before = await LiveClient.open(first.adminUrl, { Cookie: page.cookie! });
    await before.see('the snapshot', () => true);
    await first.stop();
    await until('the stream ends with the host', 5000, () => !before.isOpen);
    const second = await start(Number(new URL(first.adminUrl).port));
    try {
      expect(second.adminUrl).toBe(first.adminUrl);
      expect((await page.send('/api/v1/status')).status).toBe(200);
      expect((await page.json('POST', '/api/v1/launch-links', {})).status).toBe(201);
      using after = await LiveClient.open(second.adminUrl, {
        Cookie: page.cookie!,
        'Last-Event-ID': before.lastEventId!,
      });
      await after.see('a snapshot', ({ type }) => type === 'snapshot');
    } finally {
      await second.stop();
      await rm(folder, { recursive: true });
    }
  });
});
