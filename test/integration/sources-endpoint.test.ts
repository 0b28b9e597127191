/** S37 over a real wire: where a source may lead, how it is tried, and what it is told of a key. */
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Resolve } from '../../server/sources/checked-agent.ts';
import { checkSource } from '../../server/sources/source-check.ts';
import { fail } from '../support/fake-s3.ts';
import { loopbackCertificate, loopbackKey } from '../support/loopback-certificate.ts';

import { bench, onGet, open, publish, server, states, sync, useHostileS3, weightsKey } from '../support/hostile-s3.ts';

useHostileS3();

describe('an endpoint', () => {
  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'http://169.254.169.254'],
    ['http://127.0.0.1:1/', 'http://127.0.0.1:1'],
    ['https://elsewhere.example/x', 'https://elsewhere.example'],
  ])('that redirects to %s is not followed', async (location, shown) => {
    for (const status of [301, 302, 307, 308]) {
      server.hook = (_request, response) => (response.writeHead(status, { Location: location }).end(), true);
      const report = await sync();
      expect(report.error).toMatchObject({
        details: { reason: 'redirect' },
        message: expect.stringContaining(shown),
        retryable: false,
      });
    }
    // One request each, and none of them anywhere else.
    expect(server.requests).toHaveLength(4);
  });

  it('that redirects an object is not followed either', async () => {
    publish('1');
    onGet(
      weightsKey,
      1,
      (_request, response) => (response.writeHead(307, { Location: 'http://169.254.169.254/' }).end(), true),
    );
    expect((await sync()).versions).toMatchObject([
      { state: 'failed', sentence: expect.stringContaining('redirects') },
    ]);
  });

  it('of another region is named', async () => {
    server.hook = (_request, response) => (
      response.writeHead(301, { 'x-amz-bucket-region': 'eu-north-1' }).end(),
      true
    );
    expect((await sync()).error).toMatchObject({ hint: 'Set the region to eu-north-1.' });
  });

  it('on this machine or in the own network is asked only where that was allowed', async () => {
    for (const endpoint of [
      server.endpoint,
      server.endpoint.replace('127.0.0.1', 'localhost'),
      server.endpoint.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
    ]) {
      const report = await sync({ endpoint, allowPrivateEndpoint: false });
      expect(report.error).toMatchObject({ details: { reason: 'endpoint' } });
    }
    expect(server.requests).toEqual([]);
  });

  it('with a name that leads to a forbidden address is never connected to', async () => {
    const { port } = new URL(server.endpoint);
    const resolve =
      (address: string): Resolve =>
      (_name, done) =>
        done(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
    const endpoint = `http://flip.example:${port}`;
    for (const [address, allowPrivateEndpoint] of [
      ['127.0.0.1', false],
      ['::ffff:127.0.0.1', false],
      ['169.254.169.254', true],
      ['fd00:ec2::254', true],
    ] as const) {
      const report = await sync({ endpoint, allowPrivateEndpoint }, { resolve: resolve(address) });
      expect(report.error).toMatchObject({
        details: { reason: 'endpoint' },
        message: expect.stringContaining(`flip.example leads to ${address}`),
      });
    }
    expect(server.requests).toEqual([]);
    // The same name where it may: the look-up is ours, and so is the connection.
    expect((await sync({ endpoint }, { resolve: resolve('127.0.0.1') })).error).toBeUndefined();
    expect(server.headers[0]!.host).toBe(`flip.example:${port}`);
  });

  it('with a name that flips from one connection to the next is judged at each', async () => {
    const { port } = new URL(server.endpoint);
    const answers = ['127.0.0.1', '169.254.169.254'];
    let asked = 0;
    const resolve: Resolve = (_name, done) => done(null, [{ address: answers[Math.min(asked++, 1)]!, family: 4 }]);
    server.hook = (_request, response) => (response.setHeader('Connection', 'close'), false);
    publish('1');
    const report = await sync({ endpoint: `http://flip.example:${port}` }, { resolve });
    expect(report.error).toMatchObject({
      details: { reason: 'endpoint' },
      message: expect.stringContaining('169.254.169.254'),
    });
    expect(asked).toBeGreaterThan(1);
    expect(server.requests).toHaveLength(1);
  });

  it('with a name of which only one address is forbidden is refused whole', async () => {
    const resolve: Resolve = (_name, done) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    const report = await sync({ endpoint: server.endpoint.replace('127.0.0.1', 'flip.example') }, { resolve });
    expect(report.error).toMatchObject({ details: { reason: 'endpoint' } });
    expect(server.requests).toEqual([]);
  });

  it('with a certificate of its own is trusted where its authority is named', async () => {
    const tls = createTlsServer({ key: loopbackKey, cert: loopbackCertificate }, (_request, response) =>
      response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'),
    );
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const endpoint = `https://localhost:${(tls.address() as AddressInfo).port}`;
    try {
      expect((await sync({ endpoint })).error).toMatchObject({
        details: { reason: 'unreachable' },
        hint: expect.stringContaining('caFile'),
      });
      const caFile = await bench.put('ca.pem', loopbackCertificate);
      expect((await sync({ endpoint, caFile })).error).toBeUndefined();
    } finally {
      tls.closeAllConnections();
      await new Promise((resolve) => tls.close(resolve));
    }
  });
});

describe('the four questions', () => {
  const ticks = async (more: object = {}): Promise<string[]> =>
    (await checkSource(() => open(more))).map(({ step, state }) => `${step} ${state}`);

  it('are all answered by a source that works', async () => {
    publish('1');
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read ok']);
  });

  it('skip the reading where nothing is there', async () => {
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read skipped']);
  });

  it('stop at the one that fails', async () => {
    publish('1');
    expect(await ticks({ endpoint: 'http://127.0.0.1:1' })).toEqual([
      'reach failed',
      'auth skipped',
      'list skipped',
      'read skipped',
    ]);
    expect(await ticks({ allowPrivateEndpoint: false })).toEqual([
      'reach failed',
      'auth skipped',
      'list skipped',
      'read skipped',
    ]);
    server.accessKeyId = 'SOMEBODY';
    expect(await ticks()).toEqual(['reach ok', 'auth failed', 'list skipped', 'read skipped']);
    server.accessKeyId = undefined;
    server.hook = (_request, response, key) => key === undefined && (fail(response, 404, 'NoSuchBucket'), true);
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list failed', 'read skipped']);
    server.hook = (_request, response, key) => key !== undefined && (fail(response, 403, 'AccessDenied'), true);
    expect(await ticks()).toEqual(['reach ok', 'auth ok', 'list ok', 'read failed']);
  });

  it('name a server that is not S3', async () => {
    const web = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    try {
      const steps = await checkSource(() =>
        open({ endpoint: `http://127.0.0.1:${(web.address() as AddressInfo).port}` }),
      );
      expect(steps[0]).toMatchObject({ state: 'failed', sentence: expect.stringContaining('no listing') });
    } finally {
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    }
  });
});

describe('credentials', () => {
  it('of a public bucket are not sent', async () => {
    publish('1');
    expect(states(await sync({ anonymous: true }))).toEqual(['iris 1 imported']);
    expect(server.headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('are sent as a signature, never as they are', async () => {
    publish('1');
    await sync();
    expect(
      server.headers.every(
        ({ authorization }) => authorization?.startsWith('AWS4-HMAC-SHA256 Credential=S3RVER/') === true,
      ),
    ).toBe(true);
  });
});
