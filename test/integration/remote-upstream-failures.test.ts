/** What becomes of a call when a remote server fails. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FakeOipServer, answers, answersWith, cutsOff, stalls } from '../support/fake-oip-server.ts';
import { until } from '../support/host-process.ts';
import { RemoteCluster, httpAnswer } from '../support/remote-cluster.ts';

describe('when a server fails', () => {
  /** Two servers, a first in turn, and a's behaviour. */
  async function pair(...options: Parameters<typeof RemoteCluster.start>) {
    const a = await FakeOipServer.start('a');
    const b = await FakeOipServer.start('b');
    const [{ upstreams, ...more }] = options;
    const urls = [a.url, b.url];
    const cluster = await RemoteCluster.start({ upstreams: urls.map((url) => ({ ...upstreams[0], url })), ...more });
    const stack = new AsyncDisposableStack();
    stack.use(a);
    stack.use(b);
    stack.use(cluster);
    return { a, b, cluster, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  it('by refusing connections, no client notices, and it is out at the first refusal', async () => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    await set.a.stop();
    expect(await set.cluster.inferMany(10)).toEqual({ b: 10 });
    expect(set.cluster.remotes[0]!.available).toBe(false);
  });

  it.each([502, 503, 504])('with %i, another answers', async (status) => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.behaviour = answersWith(status);
    expect(await set.cluster.inferMany(4)).toEqual({ b: 4 });
    expect(set.a.calls.length).toBe(2);
  });

  it('with a status that the model does not list, its answer is the answer', async () => {
    await using set = await pair({ upstreams: [{ url: '' }], nextUpstream: ['error'] });
    set.a.behaviour = answersWith(503);
    expect(await set.cluster.inferMany(4)).toEqual({ 503: 2, b: 2 });
  });

  it.each([400, 404, 429, 500])('a %i is passed on and never held against it', async (status) => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.behaviour = answersWith(status);
    expect(await set.cluster.inferMany(20)).toEqual({ [status]: 10, b: 10 });
    expect(set.cluster.remotes[0]!.condition).toBe('ready');
  });

  it('with 500 where the model lists it, another answers', async () => {
    await using set = await pair({ upstreams: [{ url: '' }], nextUpstream: ['http_500'] });
    set.a.behaviour = answersWith(500);
    expect(await set.cluster.inferMany(4)).toEqual({ b: 4 });
  });

  it('with no room, each server is asked once, nobody is blamed, and the client learns when to come back', async () => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.behaviour = set.b.behaviour = answersWith(503, { 'Retry-After': '7' });
    for (let i = 0; i < 10; i++) {
      const answer = httpAnswer(await set.cluster.submit().outcome);
      expect([answer.status, ...answer.headers]).toEqual([503, 'Content-Type', 'application/json', 'Retry-After', '7']);
    }
    expect([set.a.calls.length, set.b.calls.length]).toEqual([10, 10]);
    expect(set.cluster.remotes.map(({ condition }) => condition)).toEqual(['ready', 'ready']);
  });

  it('and all fail alike, the client gets the last answer after as many tries as are allowed', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map((name) => FakeOipServer.start(name)));
    const [a, b, c] = servers as [FakeOipServer, FakeOipServer, FakeOipServer];
    a.behaviour = b.behaviour = answersWith(502);
    const upstreams = servers.map(({ url }) => ({ url }));
    using two = await RemoteCluster.start({ upstreams, tries: 2 });
    expect(await two.infer()).toBe('502');
    expect([a.calls.length, b.calls.length, c.calls.length]).toEqual([1, 1, 0]);
    using three = await RemoteCluster.start({ upstreams, tries: 3 });
    expect(await three.infer()).toBe('c');
    for (const server of servers) await server.stop();
  });

  it('by silence, another answers; alone, or where the model does not list it, the client is told', async () => {
    await using set = await pair({ upstreams: [{ url: '', readTimeoutMs: 60 }] });
    set.a.behaviour = stalls;
    expect(await set.cluster.infer()).toBe('b');
    await until('the silent request has been ended', 2000, () => set.a.open === 0);
    using lone = await RemoteCluster.start({ upstreams: [{ url: set.a.url, readTimeoutMs: 60 }] });
    const outcome = await lone.submit().outcome;
    expect(outcome).toMatchObject({ error: { code: 'deadline-exceeded', details: { readTimeoutMs: 60 } } });
    await using strict = await pair({ upstreams: [{ url: '', readTimeoutMs: 60 }], nextUpstream: ['error'] });
    strict.a.behaviour = stalls;
    expect(await strict.cluster.infer()).toBe('deadline-exceeded');
  });

  it('within its answer, another answers; alone, the client is told, but not where the server is', async () => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.behaviour = cutsOff;
    expect(await set.cluster.inferMany(4)).toEqual({ b: 4 });
    using lone = await RemoteCluster.start({ upstreams: [{ url: set.a.url }] });
    const outcome = await lone.submit().outcome;
    if (!('error' in outcome)) throw new Error('An error was expected.');
    expect(outcome.error.code).toBe('upstream-failed');
    const { message, hint, details } = outcome.error;
    expect(JSON.stringify({ message, hint, details })).not.toContain('127.0.0.1');
    await using strict = await pair({ upstreams: [{ url: '' }], nextUpstream: ['timeout'] });
    strict.a.behaviour = cutsOff;
    expect(await strict.cluster.infer()).toBe('upstream-failed');
  });

  it('and the other is out, the client gets the answer now: nobody waits for a recovery', async () => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.ready = false;
    await until('a is out', 2000, () => !set.cluster.remotes[0]!.available);
    expect(set.cluster.remotes[0]!.alive).toBe(true);
    set.b.behaviour = answersWith(502);
    expect(await set.cluster.infer()).toBe('502');
    set.b.behaviour = cutsOff;
    expect(await set.cluster.infer()).toBe('upstream-failed');
  });

  it('by closing a kept connection just then, the call goes over a new one and nobody notices', async () => {
    await using server = await FakeOipServer.start('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    server.behaviour = (response, call) => {
      if (call.before > 0) call.socket.destroy();
      else answers('a')(response, call);
    };
    expect(await cluster.inferMany(6)).toEqual({ a: 6 });
    expect(cluster.remotes[0]!.condition).toBe('ready');
    expect(server.calls.some(({ before }) => before > 0)).toBe(true);
  });

  it('by closing every connection, also the new one, the second end counts', async () => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    expect(await set.cluster.inferMany(2)).toEqual({ a: 1, b: 1 });
    set.a.behaviour = (_response, call) => call.socket.destroy();
    expect(await set.cluster.inferMany(2)).toEqual({ b: 2 });
    // One on the kept connection, one on the new one, and then it was out.
    expect(set.a.calls.length).toBe(3);
    expect(set.cluster.remotes[0]!.condition).toBe('ejected');
  });

  it('by answering too much, the client is told and the connection is cut', async () => {
    await using set = await pair({ upstreams: [{ url: '' }], more: { maxReplyBytes: 1000 } });
    const announced = (length: string) => ({
      'Content-Type': 'application/json',
      ...(length && { 'Content-Length': length }),
    });
    for (const length of ['1001', '']) {
      set.a.behaviour = set.b.behaviour = (response) =>
        response.writeHead(200, announced(length)).end('x'.repeat(1001));
      expect(await set.cluster.infer()).toBe('response-too-large');
    }
    set.a.behaviour = set.b.behaviour = (response) => response.end(`{"served_by":"whole"}`.padEnd(1000));
    expect(await set.cluster.infer()).toBe('whole');
  });

  it.each<[string, Record<string, string>, number]>([
    ['a redirect', { Location: 'http://127.0.0.1:1/' }, 302],
    ['a coding that was not asked for', { 'Content-Encoding': 'gzip' }, 200],
  ])('with %s, another answers', async (_what, headers, status) => {
    await using set = await pair({ upstreams: [{ url: '' }] });
    set.a.behaviour = answersWith(status, headers);
    expect(await set.cluster.infer()).toBe('b');
  });

  it('by reading no more of a request that it has answered, the connection is ended', async () => {
    const posts: Socket[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (head) => {
        if (head.toString('latin1').startsWith('GET')) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          return;
        }
        posts.push(socket);
        socket.pause();
        socket.write('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    using cluster = await RemoteCluster.start({ upstreams: [{ url: `http://127.0.0.1:${port}` }] });
    const body = Buffer.alloc(32 * 1024 * 1024, 0x20);
    expect(await cluster.infer({ body })).toBe('413');
    expect(await cluster.infer({ body })).toBe('413');
    expect(posts.length).toBe(2);
    for (const socket of posts) socket.resume();
    await until('both connections have been ended', 2000, () => posts.every(({ closed }) => closed));
    await new Promise((resolve) => server.close(resolve));
  });
});
