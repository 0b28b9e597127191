/**
 * A remote OIP server as far as an upstream sees it: real node:http(s) on loopback, one model, and a state that tests change.
 * It remembers what it was asked.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { loopbackCertificate, loopbackKey } from './loopback-certificate.ts';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Numbers the connections that carried calls, from 1. */
  readonly connection: number;
  /** How many calls that connection had carried before. */
  readonly before: number;
  readonly socket: Socket;
}

export type Behaviour = (response: ServerResponse, call: ReceivedCall) => void;

/** The default: an answer of a few bytes that names the server. */
export function answers(name: string): Behaviour {
  return (response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ model_name: 'm', served_by: name }));
  };
}

export function answersWith(status: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: `status ${status}` }));
  };
}

/** Takes the request and says nothing. */
export const stalls: Behaviour = () => {};

/** Promises 1000 bytes, sends a few and cuts the connection. */
export const cutsOff: Behaviour = (response, { socket }) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
  response.write('{"model_name":', () => socket.resetAndDestroy());
};

export const metadata = {
  name: 'm',
  versions: ['1'],
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: [-1] }],
};

export class FakeOipServer implements AsyncDisposable {
  readonly name: string;
  behaviour: Behaviour;
  /** Answer to checks. */
  ready = true;
  /** Calls taken, in order of arrival. */
  readonly calls: ReceivedCall[] = [];
  /** Calls that are neither answered nor cut off. */
  open = 0;
  /** The largest `open` so far. */
  mostOpen = 0;
  /** Connections open now, those of checks included. */
  connections = 0;
  metadataRequests = 0;
  readyRequests = 0;
  readonly #secure: boolean;
  readonly #prefix: string;
  readonly #sockets = new Map<Socket, { connection: number; calls: number }>();
  #server: Server | undefined;
  #port = 0;
  #connections = 0;

  private constructor(name: string, secure: boolean, prefix: string) {
    this.name = name;
    this.behaviour = answers(name);
    this.#secure = secure;
    this.#prefix = prefix;
  }

  static async start(name: string, { secure = false, prefix = '' } = {}): Promise<FakeOipServer> {
    const fake = new FakeOipServer(name, secure, prefix);
    await fake.listen();
    return fake;
  }

  get url(): string {
    return `${this.#secure ? 'https' : 'http'}://127.0.0.1:${this.#port}${this.#prefix}`;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before where it has been stopped. */
  async listen(): Promise<void> {
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#handle(request, response);
    const server = this.#secure
      ? createSecureServer({ key: loopbackKey, cert: loopbackCertificate }, handle)
      : createServer(handle);
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket: Socket) => {
      this.connections++;
      socket.on('close', () => this.connections--);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As a killed process: the port refuses and every connection ends. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const model = `${this.#prefix}/v2/models/m`;
    const { url, method } = request;
    if (method === 'GET' && url === `${model}/ready`) {
      this.readyRequests++;
      response.writeHead(this.ready ? 200 : 400).end();
    } else if (method === 'GET' && url === model) {
      this.metadataRequests++;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(metadata));
    } else if (method === 'POST' && url === `${model}/infer`) {
      this.#takeCall(request, response);
    } else {
      response.writeHead(404).end(`{"error":"${method} ${url}"}`);
    }
  }

  #takeCall(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const known = this.#sockets.get(socket) ?? { connection: ++this.#connections, calls: 0 };
    this.#sockets.set(socket, known);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const call = {
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks),
        connection: known.connection,
        before: known.calls++,
        socket,
      };
      this.calls.push(call);
      this.mostOpen = Math.max(this.mostOpen, ++this.open);
      response.on('close', () => this.open--);
      this.behaviour(response, call);
    });
  }
}

/** One server for each name, stopped when the test is over. */
export async function startServers<const Names extends readonly string[]>(...names: Names) {
  const servers = await Promise.all(names.map((name) => FakeOipServer.start(name)));
  onTestFinished(async () => {
    for (const server of servers) await server.stop();
  });
  return servers as { -readonly [I in keyof Names]: FakeOipServer };
}
