/**
 * The open client connections, so that a flood of idle ones cannot lock others out and a stop can be orderly.
 *
 * When all places are taken, the connection that has been idle longest makes room for the new one.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  readonly #limit: number;
  readonly #open = new Set<Socket>();
  /** Without a request in progress, the longest idle first. */
  readonly #idle = new Set<Socket>();

  constructor(server: Server, limit: number) {
    this.#limit = limit;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Marks the response's connection as busy until the response is done. */
  onRequest(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#idle.delete(socket);
    response.on('close', () => {
      if (this.#open.has(socket)) this.#idle.add(socket);
    });
  }

  closeIdle(): void {
    for (const socket of this.#idle) socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.#open) socket.destroy();
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
    this.#open.add(socket);
    this.#idle.add(socket);
    socket.on('close', () => this.#remove(socket));
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}
