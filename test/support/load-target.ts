/**
 * A server of the Open Inference Protocol that behaves as a test says, for tests of the load test: how long an answer takes,
 * what it is, and whether it comes at all. It counts what it got.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoadTarget extends AsyncDisposable {
  readonly url: string;
  readonly received: number;
  readonly connections: number;
  readonly bodies: ReadonlySet<string>;
}

/** `answer` gets the number of the request, from 1 on; the first is the check before the load. */
export async function openLoadTarget(
  answer: (response: ServerResponse, index: number, request: IncomingMessage) => void,
): Promise<LoadTarget> {
  let received = 0;
  let connections = 0;
  const bodies = new Set<string>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.method === 'GET') {
      const spec = { name: 'x', datatype: 'FP32', shape: [-1, 4] };
      response.end(JSON.stringify({ name: 'm', versions: ['1'], platform: '', inputs: [spec], outputs: [] }));
      return;
    }
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
    request.on('end', () => {
      received += 1;
      if (bodies.size < 1000) bodies.add(body);
      answer(response, received, request);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    get connections() {
      return connections;
    },
    bodies,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A server with one place: requests are worked on one after the other, each for so long. */
export function oneByOne(serviceMs: number): (response: ServerResponse) => void {
  let freeAtMs = 0;
  return (response) => {
    const nowMs = performance.now();
    freeAtMs = Math.max(nowMs, freeAtMs) + serviceMs;
    setTimeout(() => response.end('{}'), freeAtMs - nowMs);
  };
}
