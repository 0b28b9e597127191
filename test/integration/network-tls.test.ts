/** Encryption of the network's listener: the own authority, the user's files, renewal, and clients that do not fit. */
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeServerCertificate } from '../../server/lan/certificates.ts';
import { makeUnkeptKey } from '../../server/host/offline-keys.ts';
import { RunFile } from '../../server/host/run-file.ts';
import type { LanAnswer, LanView } from '../../server/protocol/admin/lan-view.ts';
import type { RefusedClient } from '../../server/protocol/admin/refused-client.ts';
import { demoModel } from '../support/demo-models.ts';
import { until } from '../support/host-process.ts';
import { callFrom } from '../support/network-client.ts';
import { TestHost } from '../support/test-host.ts';

const isLinux = process.platform === 'linux';
if (!isLinux) console.warn('Skipped: tests of the network need the loopback addresses that Linux has.');

const address = '127.0.0.2';
const body = JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] });

async function changeLan(host: TestHost, change: object): Promise<LanAnswer> {
  const answer = await host.admin('/lan', { method: 'PATCH', body: JSON.stringify(change) });
  expect(answer.status, answer.text).toBe(200);
  return answer.json<LanAnswer>();
}

function secureSocket(
  url: string,
  options: { ca?: string; maxVersion?: 'TLSv1.1' | 'TLSv1.2' } = {},
): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: hostname,
      port: Number(port),
      rejectUnauthorized: options.ca !== undefined,
      ...options,
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** A request on an agent's own connection. */
function ask(
  url: string,
  agent: Agent,
  headers: Record<string, string>,
): Promise<{ status: number; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { agent, headers }, (incoming: IncomingMessage) => {
      const { socket } = incoming;
      incoming.resume().on('end', () => resolve({ status: incoming.statusCode!, socket: socket as TLSSocket }));
    });
    outgoing.on('error', reject);
  });
}

describe.runIf(isLinux)('the own authority', () => {
  let host: TestHost;
  let url: string;
  let key: string;
  let ca: string;
  beforeAll(async () => {
    host = await TestHost.start({ models: [demoModel('iris')], settings: { allowedHosts: ['Vision.Factory.Lan'] } });
    const { lan, made } = await changeLan(host, {
      on: true,
      addresses: [address],
      tls: { kind: 'own' },
      announce: false,
    });
    url = lan.listeners[0]!.url!;
    key = made!.secret;
    ca = (await host.admin('/lan/authority.pem')).text;
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  it('signs for the addresses and names of this machine, and a client that knows it is content', async () => {
    expect(url).toMatch(/^https:/);
    const answer = await callFrom(`${url}/predict/iris`, { ca, body, headers: { 'x-api-key': key } });
    expect(answer.json()).toMatchObject({ prediction: 'setosa' });
    const socket = await secureSocket(url, { ca });
    const seen = new X509Certificate(socket.getPeerCertificate().raw);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    expect(seen.checkIP(address)).toBe(address);
    expect(seen.checkHost('vision.factory.lan')).toBe('vision.factory.lan');
    expect(seen.checkHost('evil.example')).toBeUndefined();
    expect(seen.ca).toBe(false);
    socket.destroy();
  });

  it('is told to whoever asks, with the fingerprint that the owner sees', async () => {
    const { authority, certificate } = (await host.admin('/lan')).json<LanView>();
    expect(new X509Certificate(ca).fingerprint256).toBe(authority!.fingerprint);
    expect(new X509Certificate(ca).ca).toBe(true);
    // A device fetches it before it trusts: without a key, and not over a connection that it could trust already.
    const socket = await secureSocket(url);
    expect(new X509Certificate(socket.getPeerCertificate().raw).fingerprint256).toBe(certificate!.fingerprint);
    socket.destroy();
    const fetched = await callFrom(`${url}/authority.pem`, { ca });
    expect([fetched.text, fetched.headers['content-type']]).toEqual([ca, 'application/x-x509-ca-cert']);
  });

  it('keeps its keys to the owner of the files', async () => {
    for (const file of ['authority.key', 'server.key']) {
      expect((await stat(join(host.dataDirectory, 'tls', file))).mode & 0o777, file).toBe(0o600);
    }
    expect((await stat(join(host.dataDirectory, 'tls'))).mode & 0o777).toBe(0o700);
  });

  it('tells who speaks http that it speaks https, and notes it', async () => {
    const answer = await callFrom(url.replace('https:', 'http:'), { from: '127.0.0.21' });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('https') as string]);
    const cards = (await host.admin('/refused-clients')).json<RefusedClient[]>();
    expect(cards.find(({ address: from }) => from === '127.0.0.21')).toMatchObject({
      reason: 'plain-http',
      fix: 'give-certificate',
    });
  });

  it('notes who speaks an old TLS, and who breaks off is no news', async () => {
    await expect(secureSocket(url, { maxVersion: 'TLSv1.1' })).rejects.toThrow();
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.22' });
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    const cards = (await host.admin('/refused-clients')).json<RefusedClient[]>();
    expect(cards.some(({ address: from }) => from === '127.0.0.22')).toBe(false);
  });

  it('holds a crowd that says nothing to its places, and answers others meanwhile', async () => {
    const { hostname, port } = new URL(url);
    const idle: Socket[] = [];
    let closed = 0;
    for (let count = 0; count < 1500; count++) {
      const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.23' });
      socket.on('error', () => {});
      socket.on('close', () => closed++);
      idle.push(socket);
    }
    await until('the crowd is held to its places', 30_000, () => closed >= 1500 - 256);
    const startMs = performance.now();
    const answer = await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': key } });
    expect(answer.status).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(1000);
    for (const socket of idle) socket.destroy();
  });

  it('is renewed without breaking a connection, and the new one is seen by new connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    const headers = { 'x-api-key': key };
    const before = await ask(`${url}/v2`, agent, headers);
    const shown = before.socket.getPeerCertificate().fingerprint256;
    // A further name makes the certificate wanting.
    await host.admin('/callers', { method: 'PATCH', body: JSON.stringify({ add: { host: 'new.factory.lan' } }) });
    await until('the certificate has the name', 30_000, async () =>
      (await host.admin('/lan')).json<LanView>().certificate!.names.includes('new.factory.lan'),
    );
    const after = await ask(`${url}/v2`, agent, headers);
    expect(after.socket).toBe(before.socket);
    expect(after.status).toBe(200);
    agent.destroy();
    const socket = await secureSocket(url, { ca });
    expect(socket.getPeerCertificate().fingerprint256).not.toBe(shown);
    socket.destroy();
  });

  it('stays the same when encryption is switched off and on, and plain again means plain', async () => {
    const plain = (await changeLan(host, { tls: { kind: 'off' } })).lan.listeners[0]!.url!;
    expect(plain).toBe(url.replace('https:', 'http:'));
    expect((await callFrom(`${plain}/v2`, { headers: { 'x-api-key': key } })).status).toBe(200);
    const again = (await changeLan(host, { tls: { kind: 'own' } })).lan.listeners[0]!.url!;
    expect(again).toBe(url);
    expect((await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': key } })).status).toBe(200);
  });

  it('is there for devices that are paired: one code, one device, one key, and only after a person has said yes', async () => {
    expect((await callFrom(`${url}/pair`, { ca })).status).toBe(404);
    const opened = (await host.admin('/pairings', { body: '{"models":["iris"]}' })).json<{
      pairing: { id: string };
      links: string[];
    }>();
    const code = new URL(opened.links[0]!).hash.replace('#c=', '');
    const post = (path: string, value: object, from = '127.0.0.31') =>
      callFrom(url + path, { ca, body: JSON.stringify(value), from });
    const page = await callFrom(`${url}/pair`, { ca });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect((await post('/pair/claim', { code: 'wrong', name: 'x' })).status).toBe(401);
    const claimed = await post('/pair/claim', { code, name: 'Tablet <b>7</b>' });
    const { id, secret, number } = claimed.json<{ id: string; secret: string; number: string }>();
    expect(number).toMatch(/^\d{4}$/);
    // The code is used up, and nobody else fetches with it or with the id.
    expect((await post('/pair/claim', { code, name: 'other' }, '127.0.0.32')).status).toBe(401);
    expect((await post('/pair/key', { id, secret: 'guess' }, '127.0.0.32')).status).toBe(401);
    expect((await post('/pair/key', { id, secret })).json()).toEqual({ state: 'claimed' });
    const [view] = (await host.admin('/pairings')).json<{ id: string; number: string; deviceName: string }[]>();
    expect(view).toMatchObject({ number, deviceName: 'Tablet b7b', address: '127.0.0.31' });
    await host.admin(`/pairings/${view!.id}/confirm`, { body: '{}' });
    const answer = (await post('/pair/key', { id, secret })).json<{ state: string; key: string }>();
    expect(answer.key).toMatch(/^mr_/);
    expect((await post('/pair/key', { id, secret })).json()).toEqual({ state: 'done' });
    expect((await callFrom(`${url}/v2/models`, { ca, headers: { 'x-api-key': answer.key } })).json()).toEqual({
      models: ['iris'],
    });
    expect((await host.admin('/events?kind=access')).text).not.toContain(code);
  });
});

describe.runIf(isLinux)('the certificate of the user', () => {
  it('is checked before it is taken, shown, and read again when its files change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-user-tls-'));
    try {
      await using host = await TestHost.start({ models: [demoModel('iris')] });
      const certificateFile = join(folder, 'cert.pem');
      const keyFile = join(folder, 'key.pem');
      const tls = { kind: 'files', certificateFile, keyFile };
      const patch = (change: object) => host.admin('/lan', { method: 'PATCH', body: JSON.stringify(change) });
      const on = { on: true, addresses: [address], announce: false, tls };
      const authority = await makeAuthority('the factory', Date.now());
      const [one, two] = [
        await makeServerCertificate(authority, [address], Date.now()),
        await makeServerCertificate(authority, [address], Date.now()),
      ];
      const old = await makeServerCertificate(authority, [address], Date.now() - 400 * 86_400_000);
      for (const [cert, key, why] of [
        [undefined, undefined, 'cannot be read'],
        ['nonsense', one.key, 'no certificate'],
        [one.cert, 'nonsense', 'no private key'],
        [one.cert, two.key, 'not the one of this certificate'],
        [old.cert, old.key, 'is not now'],
      ] as const) {
        if (cert !== undefined) await writeFile(certificateFile, cert);
        if (key !== undefined) await writeFile(keyFile, key);
        const answer = await patch(on);
        expect([answer.json<{ code: string }>().code, answer.text], why).toEqual([
          'invalid-config',
          expect.stringContaining(why) as string,
        ]);
        expect((await host.admin('/lan')).json<LanView>().wish.on).toBe(false);
      }
      await writeFile(certificateFile, one.cert);
      await writeFile(keyFile, one.key);
      const { lan, made } = await changeLan(host, on);
      const url = lan.listeners[0]!.url!;
      const headers = { 'x-api-key': made!.secret };
      expect(lan.authority).toBeUndefined();
      expect((await callFrom(`${url}/v2`, { ca: authority.cert, headers })).status).toBe(200);

      const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert });
      const before = await ask(`${url}/v2`, agent, headers);
      // Half written, the old one goes on being shown.
      await writeFile(certificateFile, two.cert);
      await until('the trouble is said', 30_000, async () =>
        ((await host.admin('/lan')).json<LanView>().tlsTrouble ?? '').includes('not the one'),
      );
      expect((await callFrom(`${url}/v2`, { ca: authority.cert, headers })).status).toBe(200);
      await writeFile(keyFile, two.key);
      const fingerprint = new X509Certificate(two.cert).fingerprint256;
      await until(
        'the new one is shown',
        30_000,
        async () => (await host.admin('/lan')).json<LanView>().certificate?.fingerprint === fingerprint,
      );
      const after = await ask(`${url}/v2`, agent, headers);
      expect(after.socket).toBe(before.socket);
      agent.destroy();
      const socket = await secureSocket(url, { ca: authority.cert });
      expect(socket.getPeerCertificate().fingerprint256).toBe(fingerprint);
      socket.destroy();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.runIf(isLinux)('what was switched on', () => {
  it('is on again after a restart with the same authority and keys; without a good key it stays shut and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-lan-again-'));
    try {
      const { startHost } = await import('../../server/main.ts');
      const { parseConfig } = await import('../../server/config.ts');
      const { createLog } = await import('../../server/base/log.ts');
      const { demoModels } = await import('../support/host-process.ts');
      const config = parseConfig(
        { models: demoModels, dataDirectory: folder, http: { port: 0 }, admin: { port: 0 } },
        'The test',
      );
      const run = async (work: (ask: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>) => {
        const host = await startHost(config, { log: createLog('silent', 'json') });
        try {
          const { adminUrl, adminToken } = await new RunFile(folder).read();
          await work((path, init = {}) =>
            fetch(`${adminUrl}/api/v1${path}`, {
              ...init,
              headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
            }),
          );
        } finally {
          await host.stop();
        }
      };
      let key = '';
      let keyId = '';
      await run(async (admin) => {
        const change = { on: true, addresses: [address], tls: { kind: 'own' }, announce: false };
        const answer = (await (
          await admin('/lan', { method: 'PATCH', body: JSON.stringify(change) })
        ).json()) as LanAnswer;
        key = answer.made!.secret;
        keyId = answer.made!.key.id;
      });
      const ca = await readFile(join(folder, 'tls', 'authority.pem'), 'utf8');
      await run(async (admin) => {
        const [listener] = ((await (await admin('/lan')).json()) as LanView).listeners;
        expect((await callFrom(`${listener!.url}/v2`, { ca, headers: { 'x-api-key': key } })).status).toBe(200);
        await admin(`/keys/${keyId}`, { method: 'DELETE' });
      });
      await run(async (admin) => {
        const view = (await (await admin('/lan')).json()) as LanView;
        expect(view.listeners.map(({ url }) => url)).toEqual([undefined]);
        const events = (await (await admin('/events?kind=access&limit=5')).json()) as { sentence: string }[];
        expect(events.map(({ sentence }) => sentence).join()).toContain('there is no key');
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('stays shut where the settings want a certificate that is not there, and opens when it comes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-lan-shut-'));
    try {
      const { id, secret, sha256 } = makeUnkeptKey();
      const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      const tls = { kind: 'files', certificateFile, keyFile };
      await using host = await TestHost.start({
        models: [demoModel('iris')],
        settings: { keys: [{ id, sha256, name: 'a' }], lan: { on: true, addresses: [address], announce: false, tls } },
      });
      const { listeners, isFixed } = (await host.admin('/lan')).json<LanView>();
      expect([isFixed, listeners]).toMatchObject([
        true,
        [{ trouble: expect.stringContaining('cannot be read') as string }],
      ]);
      const port = new URL(host.url).port;
      await expect(callFrom(`http://${address}:${port}/v2`)).rejects.toThrow(/ECONNREFUSED/);
      expect((await host.admin('/lan', { method: 'PATCH', body: '{"on":false}' })).status).toBe(409);
      const authority = await makeAuthority('pc', Date.now());
      const { cert, key } = await makeServerCertificate(authority, [address], Date.now());
      await writeFile(keyFile, key);
      await writeFile(certificateFile, cert);
      await until('it opens', 30_000, async () => {
        const [listener] = (await host.admin('/lan')).json<LanView>().listeners;
        return listener!.url !== undefined;
      });
      const options = { ca: authority.cert, headers: { 'x-api-key': secret } };
      expect((await callFrom(`https://${address}:${port}/v2`, options)).status).toBe(200);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
