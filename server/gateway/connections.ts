/**
 * The open client connections, so that a flood of slow ones cannot lock others out and a stop can be orderly.
 *
 * When all places are taken, the connection that has been idle longest makes room for the new one; where none is idle, the
 * one that has been sending its request longest. A request that has arrived keeps its place until it is answered.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  readonly #limit: number;
  /** Requests in progress on each connection; more than one where a client pipelines. */
  readonly #open = new Map<Socket, number>();
  /** Without a request in progress, the longest idle first. */
  readonly #idle = new Set<Socket>();
  /** With a request whose body has not arrived yet, and that request; the oldest first. */
  readonly #receiving = new Map<Socket, IncomingMessage>();

  constructor(server: Server, limit: number) {
    this.#limit = limit;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Connections with a request in progress. */
  get busy(): number {
    return this.#open.size - this.#idle.size;
  }

  /** Marks the connection as busy until the response is done, and as receiving until the request has arrived. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#count(socket, 1);
    this.#receiving.set(socket, request);
    request.on('end', () => this.#received(socket, request));
    response.on('close', () => {
      this.#received(socket, request);
      this.#count(socket, -1);
    });
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#open.size >= this.#limit) {
      const [oldest] = this.#idle.size > 0 ? this.#idle : this.#receiving.keys();
      if (oldest === undefined) {
        socket.destroy();
        return;
      }
      this.#remove(oldest);
      oldest.destroy();
    }
    this.#open.set(socket, 0);
    this.#idle.add(socket);
    socket.on('close', () => this.#remove(socket));
  }

  /** Of a client that pipelines, the next request may be arriving already. */
  #received(socket: Socket, request: IncomingMessage): void {
    if (this.#receiving.get(socket) === request) this.#receiving.delete(socket);
  }

  #count(socket: Socket, change: 1 | -1): void {
    const before = this.#open.get(socket);
    if (before === undefined) return;
    const now = before + change;
    this.#open.set(socket, now);
    if (now === 0) this.#idle.add(socket);
    else if (before === 0) this.#idle.delete(socket);
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
    this.#receiving.delete(socket);
  }
}
