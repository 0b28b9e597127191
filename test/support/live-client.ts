/** A client of the live stream: keeps the messages and the number of the last. */
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { LiveDelta, LiveMessage, LiveSnapshot } from '../../server/protocol/admin/live-message.ts';
import { until } from './host-process.ts';

const patienceMs = 15_000;

export class LiveClient implements Disposable {
  readonly messages: LiveMessage[] = [];
  lastEventId: string | undefined;
  isOpen = true;
  text = '';
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly #outgoing: ClientRequest;
  readonly #incoming: IncomingMessage;

  private constructor(outgoing: ClientRequest, incoming: IncomingMessage) {
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.status = incoming.statusCode!;
    this.headers = incoming.headers;
    incoming.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
    incoming.on('error', () => {}); // 'close' follows.
    incoming.on('close', () => (this.isOpen = false));
  }

  static open(adminUrl: string, headers: Readonly<Record<string, string>>): Promise<LiveClient> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${adminUrl}/api/v1/live`, { headers, agent: false }, (incoming) => {
        resolve(new LiveClient(outgoing, incoming));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  get snapshot(): LiveSnapshot {
    const [first] = this.messages;
    if (first?.type !== 'snapshot') throw new Error(`The stream began with ${first?.type}.`);
    return first;
  }

  get deltas(): readonly LiveDelta[] {
    return this.messages.filter((message) => message.type === 'delta');
  }

  /** Waits until a message is there for which `condition` holds. */
  async see(what: string, condition: (message: LiveMessage) => boolean): Promise<LiveMessage> {
    await until(what, patienceMs, () => this.messages.some(condition));
    return this.messages.find(condition)!;
  }

  /** Stops reading: the network fills up. */
  pause(): void {
    this.#incoming.pause();
  }

  /** Breaks the connection. */
  [Symbol.dispose](): void {
    this.#outgoing.destroy();
  }

  #read(chunk: string): void {
    this.text += chunk;
    let end: number;
    while ((end = this.text.indexOf('\n\n')) !== -1) {
      const lines = this.text.slice(0, end).split('\n');
      this.text = this.text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      this.lastEventId = field('id') ?? this.lastEventId;
      this.messages.push(JSON.parse(data) as LiveMessage);
    }
  }
}
