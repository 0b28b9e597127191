/**
 * The open client connections, so that a flood of slow ones cannot lock others out and a stop can be orderly.
 *
 * When all places are taken, the connection that has been idle longest makes room for the new one; where none is idle, the
 * one that has been sending its request longest. A request that has arrived keeps its place until it is answered.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Linked, LinkedList } from '../base/linked-list.ts';

class Connection extends Linked<Connection> {
  readonly socket: Socket;
  /** In progress; more than one where the client pipelines. */
  requests = 0;
  /** The one that came last; undefined once none is in progress. */
  latest: IncomingMessage | undefined;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
  }
}

export class Connections {
  readonly #limit: number;
  readonly #open = new Map<Socket, Connection>();
  /** Without a request in progress, the longest idle first. */
  readonly #idle = new LinkedList<Connection>();
  /** Whose latest request is the oldest first. */
  readonly #busy = new LinkedList<Connection>();

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
    return this.#busy.size;
  }

  /** Marks the connection as busy until `onAnswered`. */
  onRequest(request: IncomingMessage): void {
    const connection = this.#open.get(request.socket);
    if (connection === undefined) return;
    connection.requests++;
    connection.latest = request;
    this.#busy.append(connection);
  }

  /** The response is done, or the client has gone. */
  onAnswered({ socket }: IncomingMessage): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || --connection.requests > 0) return;
    connection.latest = undefined;
    this.#idle.append(connection);
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
      oldest.socket.destroy();
    }
    const connection = new Connection(socket);
    this.#open.set(socket, connection);
    this.#idle.append(connection);
    socket.on('close', () => this.#remove(connection));
  }

  #longestWaiting(): Connection | undefined {
    if (this.#idle.first !== undefined) return this.#idle.first;
    for (const connection of this.#busy) if (!connection.latest!.complete) return connection;
    return undefined;
  }

  #remove(connection: Connection): void {
    this.#open.delete(connection.socket);
    connection.latest = undefined;
    this.#idle.remove(connection);
    this.#busy.remove(connection);
  }
}
