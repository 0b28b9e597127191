/**
 * Clients that are slow, too many, too large or not quite HTTP: each is refused or cut off in bounded time and memory, and the
 * clients beside it are answered all the while.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { identityModel } from '../support/models.ts';
import { RawConnection, head, rawRequest } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';

const idleConnections = fileURLToPath(new URL('../fixtures/idle-connections.ts', import.meta.url));

const megabyte = 1024 * 1024;
const headersTimeoutMs = 600;
const requestTimeoutMs = 1500;
const keepAliveTimeoutMs = 500;
const maxConnections = 256;

/** How long after its limit a connection may live: Node looks at its connections at intervals. */
const slackMs = 2500;

const inferPath = '/v2/models/identity/infer';
const request = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [{ name: 'identity', bytes: identityModel('FLOAT') }],
    settings: { limits: { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, maxConnections } },
  });
});
afterAll(() => host[Symbol.asyncDispose]());

/** Runs `attack` while an ordinary client asks one thing after another; gives the 95th percentile of its waits. */
async function neighbourP95Ms(attack: () => Promise<void>): Promise<number> {
  let over = false;
  const waitsMs: number[] = [];
  const neighbour = async (): Promise<void> => {
    while (!over || waitsMs.length < 20) {
      const startedMs = performance.now();
      const answer = await host.send(inferPath, { body: request });
      waitsMs.push(performance.now() - startedMs);
      expect(answer.status, answer.text).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all([neighbour(), attack().finally(() => (over = true))]);
  return waitsMs.toSorted((a, b) => a - b)[Math.floor(waitsMs.length * 0.95)]!;
}

/** Largest growth of the resident memory of this process, host and attacker together, while `attack` runs. */
async function memoryGrowth(attack: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
  await attack();
  clearInterval(watch);
  return Math.max(peak, process.memoryUsage.rss()) - before;
}

async function openMany(count: number, owner: DisposableStack): Promise<RawConnection[]> {
  return await Promise.all(Array.from({ length: count }, async () => owner.use(await RawConnection.open(host.url))));
}

/** Writes `text` a byte at a time until the connection ends. */
async function dribble(connection: RawConnection, text: string, everyMs: number): Promise<void> {
  for (const character of text) {
    if (!connection.isOpen) return;
    await connection.write(character);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function gauge(name: string): Promise<number> {
  return (await host.metrics()).find((sample) => sample.name === name)!.value;
}

describe('a slow client', () => {
  it('that dribbles its headers is cut off, and others are answered', async () => {
    using connections = new DisposableStack();
    const attackers = await openMany(50, connections);
    const p95 = await neighbourP95Ms(async () => {
      for (const attacker of attackers)
        void dribble(attacker, head('POST /predict HTTP/1.1', 'Host: localhost', `X: ${'a'.repeat(500)}`), 30);
      for (const attacker of attackers) expect(await attacker.closed()).toBeLessThan(headersTimeoutMs + slackMs);
    });
    expect(p95).toBeLessThan(100);
  });

  it('that says nothing at all is cut off', async () => {
    using silent = await RawConnection.open(host.url);
    expect(await silent.closed()).toBeLessThan(headersTimeoutMs + slackMs);
  });

  it('that dribbles its body is told so and cut off, and holds none of the memory that it announced', async () => {
    const announced = 60 * megabyte;
    using connections = new DisposableStack();
    const attackers = await openMany(20, connections);
    const p95 = await neighbourP95Ms(async () => {
      for (const attacker of attackers) {
        await attacker.write(head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', `Content-Length: ${announced}`));
        void dribble(attacker, '{'.repeat(200), 25);
      }
      await until('bytes arrive', 1000, async () => (await gauge('millrace_buffered_request_bytes')) > 0);
      expect(await gauge('millrace_buffered_request_bytes')).toBeLessThan(megabyte);
      for (const attacker of attackers) {
        expect((await attacker.answer())?.status ?? 408).toBe(408);
        expect(await attacker.closed()).toBeLessThan(requestTimeoutMs + slackMs);
      }
    });
    expect(p95).toBeLessThan(100);
    await until('its bytes are given back', 1000, async () => (await gauge('millrace_buffered_request_bytes')) === 0);
  });

  it('that dribbles bodies over every connection there is gives its places up to others', async () => {
    using connections = new DisposableStack();
    const attackers = await openMany(maxConnections + 20, connections);
    // The first request on each is complete: having been answered once makes nobody stay longer.
    const whole = head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', `Content-Length: ${request.length}`) + request;
    const begun = `${head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', 'Content-Length: 1000')}{`;
    for (const attacker of attackers) await attacker.write(whole + begun);
    await until('every place is taken', 1000, () => attackers.filter(({ isOpen }) => isOpen).length <= maxConnections);
    for (let newcomer = 0; newcomer < 20; newcomer++) {
      const startedMs = performance.now();
      expect((await rawRequest(host.url, whole))?.status).toBe(200);
      expect(performance.now() - startedMs).toBeLessThan(500);
    }
  });

  it('that is idle between requests is cut off after the keep-alive time', async () => {
    using connection = await RawConnection.open(host.url);
    await connection.write(head('GET /v2 HTTP/1.1', 'Host: localhost'));
    expect((await connection.answer())?.status).toBe(200);
    const openMs = await connection.closed();
    expect(openMs).toBeGreaterThan(keepAliveTimeoutMs - 100);
    expect(openMs).toBeLessThan(keepAliveTimeoutMs + slackMs);
  });

  it('that leaves in the middle of its body leaves nothing behind', async () => {
    const connection = await RawConnection.open(host.url);
    await connection.write(head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', 'Content-Length: 1000'));
    await connection.write('{"inputs":');
    await until('bytes arrive', 1000, async () => (await gauge('millrace_buffered_request_bytes')) > 0);
    connection[Symbol.dispose]();
    await until('they are given back', 1000, async () => (await gauge('millrace_buffered_request_bytes')) === 0);
  });
});

describe('ten thousand idle connections', () => {
  it('take each other’s places, not those of clients that work', async () => {
    const flood = spawn(process.execPath, [idleConnections, new URL(host.url).port, '10000'], { stdio: 'inherit' });
    const over = new Promise<number | null>((resolve) => flood.on('exit', resolve));
    let mostOpen = 0;
    const watch = async (): Promise<void> => {
      for (let running = true; running;) {
        running = await Promise.race([
          over.then(() => false),
          new Promise<true>((resolve) => setTimeout(resolve, 50, true)),
        ]);
        mostOpen = Math.max(mostOpen, await gauge('millrace_open_connections'));
      }
    };
    const p95 = await neighbourP95Ms(async () => {
      await watch();
      expect(await over).toBe(0);
    });
    expect(mostOpen).toBeGreaterThan(maxConnections / 2);
    expect(mostOpen).toBeLessThanOrEqual(maxConnections);
    expect(p95).toBeLessThan(100);
    await until('their places are free', 2000, async () => (await gauge('millrace_open_connections')) < 10);
  });
});

describe('a large request', () => {
  it('is refused on its length alone, and its client may finish sending before it reads why', async () => {
    const pieces = 30;
    await using small = await TestHost.start({
      models: [{ name: 'identity', bytes: identityModel('FLOAT') }],
      settings: { limits: { maxBodyBytes: megabyte } },
    });
    for (const [path, status] of [
      [inferPath, 413],
      ['/predict', 413],
      ['/v2/models/nope/infer', 404],
    ] as const) {
      using connection = await RawConnection.open(small.url);
      const length = `Content-Length: ${pieces * megabyte}`;
      await connection.write(head(`POST ${path} HTTP/1.1`, 'Host: localhost', length));
      for (let sent = 0; sent < pieces; sent++) {
        // A server that hangs up at once would break the pipe here, and most clients would say no more than that.
        expect(connection.isOpen).toBe(true);
        await connection.write(Buffer.alloc(megabyte));
      }
      const answer = await connection.answer();
      expect(answer?.status).toBe(status);
      expect(answer?.headers['connection']).toBe('close');
      await connection.closed();
    }
    const refused = await small.send(inferPath, { body: Buffer.alloc(megabyte + 1) });
    expect(refused.json()).toMatchObject({ code: 'payload-too-large', details: { limitBytes: megabyte } });
  });

  it('without a length is refused where it passes the limit', async () => {
    using connection = await RawConnection.open(host.url);
    const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(megabyte), Buffer.from('\r\n')]);
    await connection.write(head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: chunked'));
    for (let sent = 0; sent < 66; sent++) await connection.write(piece);
    const answer = await connection.answer();
    expect(answer?.status).toBe(413);
    expect(JSON.parse(answer!.body)).toMatchObject({ code: 'payload-too-large' });
    await connection.closed();
  });

  it('in chunks of one byte is refused in bounded memory, and others are answered', async () => {
    const bytes = 1024 * megabyte;
    const piece = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    const piecesForAll = bytes / 10_000;
    let sent = 0;
    let p95 = 0;
    const growth = await memoryGrowth(async () => {
      p95 = await neighbourP95Ms(async () => {
        using connection = await RawConnection.open(host.url);
        await connection.write(head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: chunked'));
        for (; sent < piecesForAll && connection.isOpen; sent++) await connection.write(piece);
        // Where the connection is cut while bytes are under way, the answer may be lost with them.
        expect((await connection.answer())?.status ?? 413).toBe(413);
      });
    });
    expect(sent).toBeLessThan(200);
    expect(growth).toBeLessThan(50 * megabyte);
    // Each byte costs the parser some microseconds in one go: a fraction of a second in all, until the connection is cut.
    expect(p95).toBeLessThan(1000);
  });

  it('in a few chunks is taken, extensions and trailers included', async () => {
    const [start, end] = [request.slice(0, 10), request.slice(10)];
    const body = `a;name=value\r\n${start}\r\n${end.length.toString(16)}\r\n${end}\r\n0\r\nX-Trailer: 1\r\n\r\n`;
    const answer = await rawRequest(
      host.url,
      head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: chunked') + body,
    );
    expect(answer?.status).toBe(200);
  });

  it('waits outside while the server holds as many bytes as it may', async () => {
    await using small = await TestHost.start({
      models: [{ name: 'identity', bytes: identityModel('FLOAT') }],
      settings: { limits: { maxBodyBytes: megabyte, maxBufferedBytes: 1.5 * megabyte } },
    });
    using holder = await RawConnection.open(small.url);
    await holder.write(head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', `Content-Length: ${megabyte}`));
    await holder.write(Buffer.alloc(0.9 * megabyte, 0x20));
    const held = async (): Promise<number> =>
      (await small.metrics()).find(({ name }) => name === 'millrace_buffered_request_bytes')!.value;
    await until('the first body is held', 1000, async () => (await held()) > 0.8 * megabyte);

    const refused = await small.send(inferPath, { body: Buffer.alloc(megabyte) });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ code: 'memory-full' });
    expect((await small.send(inferPath, { body: request })).status).toBe(200);

    await holder.write(Buffer.concat([Buffer.alloc(0.1 * megabyte - request.length + 1, 0x20), Buffer.from(request)]));
    await until('the first body is answered', 2000, async () => (await held()) === 0);
  });
});

describe('a request that is not quite HTTP', () => {
  const post = (...headers: readonly string[]): string =>
    head(`POST ${inferPath} HTTP/1.1`, 'Host: localhost', ...headers);

  it.each([
    ['a length and chunks', post('Content-Length: 3', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
    ['chunks and a length', post('Transfer-Encoding: chunked', 'Content-Length: 3') + '0\r\n\r\n', 400],
    ['two lengths', post('Content-Length: 2', 'Content-Length: 3') + '{}', 400],
    ['a negative length', post('Content-Length: -1'), 400],
    ['a length in words', post('Content-Length: two') + '{}', 400],
    ['a coding of transfer that is not chunked', post('Transfer-Encoding: gzip'), 400],
    ['a chunk whose size is no number', `${post('Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`, 400],
    ['a chunk size beyond every integer', `${post('Transfer-Encoding: chunked')}fffffffffffffffff\r\n{}`, 400],
    ['a header of 100 KB', post(`X: ${'a'.repeat(100_000)}`), 431],
    ['a multipart boundary of 1 MB', post(`Content-Type: multipart/form-data; boundary=${'b'.repeat(megabyte)}`), 431],
    ['5,000 headers', post(...Array.from({ length: 5000 }, (_, index) => `X-${index}: 1`)), 431],
    ['a path of 100 KB', head(`GET /${'a'.repeat(100_000)} HTTP/1.1`, 'Host: localhost'), 431],
    ['5,000 query parameters', head(`GET /v2?${'aa=1&'.repeat(5000)} HTTP/1.1`, 'Host: localhost'), 431],
    ['a folded header', head('GET /v2 HTTP/1.1', 'Host: localhost', 'X: a', ' b'), 400],
    ['a space before the colon', head('GET /v2 HTTP/1.1', 'Host : localhost'), 400],
    ['a bare line feed', 'GET /v2 HTTP/1.1\nHost: localhost\n\n', 400],
    ['a NUL in a header', head('GET /v2 HTTP/1.1', 'Host: localhost', 'X: a\0b'), 400],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 400],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex'), 400],
  ])('with %s is refused and its connection ends', async (_title, bytes, status) => {
    using connection = await RawConnection.open(host.url);
    void connection.write(bytes);
    // A server that closes over unread bytes may take its answer back; that it closes is what counts then.
    expect((await connection.answer())?.status ?? status).toBe(status);
    expect(await connection.closed()).toBeLessThan(requestTimeoutMs + slackMs);
  });

  it('with 5,000 short query parameters is answered: they are not looked at', async () => {
    const answer = await rawRequest(host.url, head(`GET /v2?${'a&'.repeat(5000)} HTTP/1.1`, 'Host: localhost'));
    expect(answer?.status).toBe(200);
  });

  it('with more bytes than its length says has the rest read as a request, which it is not', async () => {
    using connection = await RawConnection.open(host.url);
    void connection.write(`${post(`Content-Length: ${request.length}`)}${request}{"more":1}`);
    expect([200, 400]).toContain((await connection.answer())?.status);
    await connection.closed();
  });

  it('with fewer bytes than its length says waits for the rest no longer than a request may take', async () => {
    using connection = await RawConnection.open(host.url);
    void connection.write(`${post(`Content-Length: ${request.length + 10}`)}${request}`);
    expect(await connection.closed()).toBeLessThan(requestTimeoutMs + slackMs);
  });

  it('leaves the server as it was, whatever came', async () => {
    const growth = await memoryGrowth(async () => {
      for (let round = 0; round < 200; round++) {
        await rawRequest(host.url, head(`GET /v2?${'a&'.repeat(5000)}${round} HTTP/1.1`, 'Host: localhost'));
      }
    });
    expect(growth).toBeLessThan(50 * megabyte);
    expect((await host.send(inferPath, { body: request })).status).toBe(200);
    expect((await host.status()).models[0]!.versions).toMatchObject([{ state: 'READY', restarts: 0 }]);
  });
});
