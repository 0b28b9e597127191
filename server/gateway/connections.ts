/**
 * The open client connections, so that a flood of idle ones cannot lock others out and a stop can be orderly.
 *
 * When all places are taken, the connection that has been idle longest makes room for the new one.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  readonly #limit: number;
  /** Requests in progress on each connection; more than one where a client pipelines. */
  readonly #open = new Map<Socket, number>();
  /** Without a request in progress, the longest idle first. */
  readonly #idle = new Set<Socket>();

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

  /** Marks the response's connection as busy until the response is done. */
  onRequest(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#count(socket, 1);
    response.on('close', () => this.#count(socket, -1));
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#open.size >= this.#limit) {
      const [oldest] = this.#idle;
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
  }
}
