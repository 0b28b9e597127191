/**
 * A closed-loop load generator that keeps account of every request: each connection sends its next request when the last one
 * is answered. Loopback only, and it ends by itself.
 */
import { Agent, request } from 'node:http';

export interface LoadOptions {
  readonly url: string;
  /** Chosen per request. */
  readonly body: (index: number) => Buffer | string;
  readonly connections: number;
  /** No new request is sent once this is true. */
  readonly stopped: () => boolean;
  /** A connection that is refused ends its loop instead of counting as a failure: for tests that stop the host. */
  readonly untilRefused?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadReport {
  readonly answered: number;
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests that got no answer, with the reason. */
  readonly lost: readonly string[];
  /** First answer that was not 200, for a readable failure. */
  readonly firstBad: string | undefined;
  readonly latenciesMs: readonly number[];
}

interface OneAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  const latenciesMs: number[] = [];
  let firstBad: string | undefined;
  let index = 0;
  const loop = async (): Promise<void> => {
    while (!options.stopped()) {
      const startedMs = performance.now();
      try {
        const answer = await post(options.url, options.body(index++), {
          agent,
          ...(options.headers && { headers: options.headers }),
        });
        latenciesMs.push(performance.now() - startedMs);
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        if (answer.status !== 200) firstBad ??= `${answer.status} ${answer.body.slice(0, 500)}`;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (options.untilRefused === true && code === 'ECONNREFUSED') return;
        lost.push(code ?? message);
        if (lost.length > 1000) return;
      }
    }
  };
  await Promise.all(Array.from({ length: options.connections }, loop));
  agent.destroy();
  return { answered: latenciesMs.length, statuses, lost, firstBad, latenciesMs };
}

/** One POST, answered or rejected with the socket's error. */
export function post(
  url: string,
  body: Buffer | string,
  options: { readonly agent?: Agent; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<OneAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      ...(options.agent && { agent: options.agent }),
      headers: { 'Content-Length': Buffer.byteLength(body), ...options.headers },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('close', () => {
        if (!response.complete) reject(Object.assign(new Error('The answer was cut off.'), { code: 'CUT_OFF' }));
      });
      response.on('end', () => {
        resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString(), headers: response.headers });
      });
    });
    outgoing.end(body);
  });
}

/** The value below which the given share of the values lies; 0 for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
