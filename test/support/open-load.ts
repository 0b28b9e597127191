/**
 * A load of so many requests per second, whatever the answers take: its rate may change over time. It keeps account of every
 * request. Loopback only, and it ends by itself.
 */
import { Agent } from 'node:http';
import { post } from './load.ts';

export interface OpenLoadOptions {
  readonly url: string;
  readonly body: string;
  readonly durationMs: number;
  /** Requests per second at a time since the start, milliseconds. */
  readonly rate: (atMs: number) => number;
}

export interface OpenLoadReport {
  readonly sent: number;
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests without an answer, with the reason. */
  readonly lost: readonly string[];
  readonly firstBad: string | undefined;
  /** From the moment at which it should have been sent, in order of sending. */
  readonly answers: readonly { readonly sentMs: number; readonly latencyMs: number }[];
}

/** How often requests that are due are sent, milliseconds. */
const beatMs = 5;

export async function runOpenLoad({ url, body, durationMs, rate }: OpenLoadOptions): Promise<OpenLoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  const answers: { sentMs: number; latencyMs: number }[] = [];
  const pending = new Set<Promise<void>>();
  let firstBad: string | undefined;
  let sent = 0;
  const startedMs = performance.now();
  const send = async (dueMs: number): Promise<void> => {
    try {
      const answer = await post(url, body, { agent });
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status === 200) answers.push({ sentMs: dueMs, latencyMs: performance.now() - startedMs - dueMs });
      else firstBad ??= `${answer.status} ${answer.body.slice(0, 500)}`;
    } catch (error) {
      lost.push((error as NodeJS.ErrnoException).code ?? (error as Error).message);
    }
  };
  let owed = 0;
  let beforeMs = 0;
  for (;;) {
    const atMs = performance.now() - startedMs;
    if (atMs >= durationMs) break;
    owed += (rate(atMs) * (atMs - beforeMs)) / 1000;
    beforeMs = atMs;
    for (; owed >= 1; owed--) {
      sent++;
      const one = send(atMs);
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
    await new Promise((resolve) => setTimeout(resolve, beatMs));
  }
  await Promise.all(pending);
  agent.destroy();
  return { sent, statuses, lost, firstBad, answers: answers.toSorted((a, b) => a.sentMs - b.sentMs) };
}
