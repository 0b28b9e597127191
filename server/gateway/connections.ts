/**
 * The open client connections, so that a flood of slow ones cannot lock others out and a stop can be orderly.
 *
 * When all places are taken, the connection that has been idle longest makes room for the new one; where none is idle, the
 * one that has been sending its request longest. A request that has arrived keeps its place until it is answered.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

export class Connections {
  readonly #limit: number;
  /** Requests in progress on each connection; more than one where a client pipelines. */
  readonly #open = new Map<Socket, number>();
  /** Without a request in progress, the longest idle first. */
  readonly #idle = new Set<Socket>();
  /** The latest request of each busy connection, the oldest first. */
  readonly #busy = new Map<Socket, IncomingMessage>();

  constructor(server: Server, limit: number) {
    this.#limit = limit;
    this.watch(server, 'connection');
  }

  /** Counts the connections of another server as well; `event` is that of a connection that may send requests. */
  watch(server: Server, event: 'connection' | 'secureConnection'): void {
    server.on(event, (socket: Socket) => this.#add(socket));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Connections with a request in progress. */
  get busy(): number {
    return this.#open.size - this.#idle.size;
  }

  /** Marks the connection as busy until `onAnswered`. */
  onRequest(request: IncomingMessage): void {
    const { socket } = request;
    const before = this.#open.get(socket);
    if (before === undefined) return;
    this.#open.set(socket, before + 1);
    if (before === 0) this.#idle.delete(socket);
    else this.#busy.delete(socket);
    this.#busy.set(socket, request);
  }

  /** The response is done, or the client has gone. */
  onAnswered({ socket }: IncomingMessage): void {
    const before = this.#open.get(socket);
    if (before === undefined) return;
    this.#open.set(socket, before - 1);
    if (before > 1) return;
    this.#busy.delete(socket);
    this.#idle.add(socket);
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#open.size >= this.#limit) {
      const oldest = this.#longestWaiting();
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

  #longestWaiting(): Socket | undefined {
    for (const socket of this.#idle) return socket;
    for (const [socket, request] of this.#busy) if (!request.complete) return socket;
    return undefined;
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
    this.#busy.delete(socket);
  }
}
