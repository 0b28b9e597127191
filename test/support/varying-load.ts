/**
 * A load whose number of clients changes over time: each client sends its next request when the last one is answered, so what
 * is outstanding is what the test says, however fast the machine is today. It keeps account of every request.
 */
import { Agent } from 'node:http';
import { post } from './load.ts';

export interface VaryingLoadOptions {
  readonly url: string;
  readonly body: string;
  readonly durationMs: number;
  /** Clients at a time since the start, milliseconds; at most `most`. */
  readonly clients: (atMs: number) => number;
  readonly most: number;
  /** Ends the load before its time. */
  readonly stopped?: () => boolean;
}

export interface VaryingLoadReport {
  readonly sent: number;
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests without an answer, with the reason. */
  readonly lost: readonly string[];
  readonly firstBad: string | undefined;
  /** Of requests answered with 200, by the time at which they were sent. */
  readonly answers: readonly { readonly sentMs: number; readonly latencyMs: number }[];
}

/** How soon a client notices that it is its turn, milliseconds. */
const beatMs = 5;

export async function runVaryingLoad(options: VaryingLoadOptions): Promise<VaryingLoadReport> {
  const { url, body, durationMs, clients, most, stopped } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  const statuses: Record<number, number> = {};
  const lost: string[] = [];
  const answers: { sentMs: number; latencyMs: number }[] = [];
  let firstBad: string | undefined;
  let sent = 0;
  const startedMs = performance.now();
  const client = async (index: number): Promise<void> => {
    for (;;) {
      const sentMs = performance.now() - startedMs;
      if (sentMs >= durationMs || stopped?.() === true) return;
      if (index >= clients(sentMs)) {
        await new Promise((resolve) => setTimeout(resolve, beatMs));
        continue;
      }
      sent++;
      try {
        const answer = await post(url, body, { agent });
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        if (answer.status === 200) answers.push({ sentMs, latencyMs: performance.now() - startedMs - sentMs });
        else firstBad ??= `${answer.status} ${answer.body.slice(0, 500)}`;
      } catch (error) {
        lost.push((error as NodeJS.ErrnoException).code ?? (error as Error).message);
      }
    }
  };
  await Promise.all(Array.from({ length: most }, (_, index) => client(index)));
  agent.destroy();
  return { sent, statuses, lost, firstBad, answers: answers.toSorted((a, b) => a.sentMs - b.sentMs) };
}
