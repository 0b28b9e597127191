/** What a remote upstream sends, and what it passes on. */
import { describe, expect, it } from 'vitest';
import { FakeOipServer, answers, stalls } from '../support/fake-oip-server.ts';
import { until } from '../support/host-process.ts';
import { RemoteCluster, httpAnswer } from '../support/remote-cluster.ts';

describe('a call to a remote server', () => {
  it('carries the body and says what it is, and its answer comes back without the server’s own headers', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    server.behaviour = (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': 'x=1', Server: 'secret', Via: 'y' });
      response.end('{"outputs":[]}');
    };
    const body = Buffer.from('{"inputs":[]}');
    const answer = httpAnswer(await cluster.submit({ body }).outcome);
    expect(answer).toEqual({
      type: 'http',
      upstream: server.url,
      status: 200,
      headers: ['Content-Type', 'application/json'],
      body: [Buffer.from('{"outputs":[]}')],
    });
    const [call] = server.calls;
    expect(call!.body).toEqual(body);
    expect(call!.headers).toEqual({
      host: server.address,
      connection: 'keep-alive',
      'content-type': 'application/json',
      'content-length': '13',
      'accept-encoding': 'identity',
      via: '1.1 millrace',
    });
  });

  it('carries binary tensors both ways, byte by byte', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    server.behaviour = (response, call) => {
      response.writeHead(200, {
        'Content-Type': 'application/octet-stream',
        'Inference-Header-Content-Length': '2',
      });
      response.end(Buffer.concat([Buffer.from('{}'), call.body.subarray(20)]));
    };
    const tensor = Buffer.alloc(300_000, 0xfe);
    const body = Buffer.concat([Buffer.from('{"inputs":[   {}   ]'), tensor]);
    const answer = httpAnswer(await cluster.submit({ body, jsonLength: 20 }).outcome);
    expect(answer.headers).toEqual([
      'Content-Type',
      'application/octet-stream',
      'Inference-Header-Content-Length',
      '2',
    ]);
    expect(Buffer.concat(answer.body).equals(Buffer.concat([Buffer.from('{}'), tensor]))).toBe(true);
    expect(server.calls[0]!.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'inference-header-content-length': '20',
      'content-length': String(body.length),
    });
    expect(server.calls[0]!.body.equals(body)).toBe(true);
  });

  it('may have an empty body', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(await cluster.infer({ body: Buffer.alloc(0) })).toBe('a');
    expect(server.calls[0]!.headers['content-length']).toBe('0');
  });

  it('goes to the path under the prefix of the URL', async () => {
    await using server = await FakeOipServer.start('a', { prefix: '/models/here' });
    using cluster = await RemoteCluster.start({ upstreams: [{ url: `${server.url}/` }] });
    expect(await cluster.infer()).toBe('a');
    expect(server.calls[0]!.path).toBe('/models/here/v2/models/m/infer');
  });

  it('is not taken where it is a /predict', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(cluster.remotes[0]!.takes(cluster.call({ kind: 'predict' }).call)).toBe(false);
    expect(cluster.remotes[0]!.takes(cluster.call({ kind: 'oip' }).call)).toBe(true);
  });

  it('uses a kept connection again, and a new one each time where none is kept', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(await cluster.inferMany(10)).toEqual({ a: 10 });
    expect(new Set(server.calls.map(({ connection }) => connection))).toEqual(new Set([1]));

    await using other = await FakeOipServer.start('b');
    using single = await RemoteCluster.start({ upstreams: [{ url: other.url, keepalive: 0 }] });
    expect(await single.inferMany(3)).toEqual({ b: 3 });
    expect(other.calls.map(({ connection }) => connection)).toEqual([1, 2, 3]);
  });

  it('never exceeds the slots of a server; the rest waits here', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url, slots: 3 }] });
    server.behaviour = (response) => setTimeout(() => answers('a')(response, server.calls[0]!), 5);
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => cluster.infer()));
    expect(outcomes).toEqual(Array(12).fill('a'));
    expect(server.mostOpen).toBe(3);
  });

  it('is shared out by weight', async () => {
    await using a = await FakeOipServer.start('a');
    await using b = await FakeOipServer.start('b');
    using cluster = await RemoteCluster.start({
      upstreams: [
        { url: a.url, weight: 3 },
        { url: b.url, weight: 1 },
      ],
    });
    expect(await cluster.inferMany(40)).toEqual({ a: 30, b: 10 });
  });

  it('is ended at the server when its client leaves, and its slot is free again', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url, slots: 1 }] });
    server.behaviour = stalls;
    const { call, outcome } = cluster.submit();
    await until('the call has arrived', 2000, () => server.open === 1);
    cluster.dispatcher.withdraw(call);
    expect(await outcome).toMatchObject({ error: { code: 'client-gone' } });
    await until('the server sees the end', 2000, () => server.open === 0);
    expect(cluster.remotes[0]!.inFlight).toBe(0);
    server.behaviour = answers('a');
    expect(await cluster.infer()).toBe('a');
    expect(cluster.dispatcher.outstanding).toBe(0);
  });

  it('is ended at its deadline, and the client’s impatience is not held against the server', async () => {
    await using a = await FakeOipServer.start('a');
    await using b = await FakeOipServer.start('b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    a.behaviour = b.behaviour = stalls;
    for (let i = 0; i < 8; i++) expect(await cluster.infer({ timeoutMs: 20 })).toBe('deadline-exceeded');
    await until('the servers see the end', 2000, () => a.open + b.open === 0);
    expect(cluster.remotes.map(({ condition }) => condition)).toEqual(['ready', 'ready']);
    expect(cluster.remotes.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });
});
