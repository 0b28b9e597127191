/** Runs the attacks against listeners of this host, one after the other for each, and says how each went. */
import type { AttackResult, SelfCheckReport } from '../protocol/admin/self-check.ts';
import type { Attack } from './attack-list.ts';
import { exchange } from './raw-exchange.ts';
import type { RawReply, Target } from './raw-exchange.ts';

export interface CheckedListener {
  readonly listener: AttackResult['listener'];
  /** For people. */
  readonly url: string;
  readonly target: Target;
  readonly attacks: readonly Attack[];
}

/** A host on the same machine answers in milliseconds. */
const answerTimeoutMs = 5000;

/** Slower ones run beside the others. */
const slowFromMs = 5000;

export async function runSelfCheck(
  listeners: readonly CheckedListener[],
  others: readonly AttackResult[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
  nowMs: number,
): Promise<SelfCheckReport> {
  const total = listeners.reduce((sum, { attacks }) => sum + attacks.length, 0);
  let done = 0;
  const results: AttackResult[] = [];
  const runOne = async (listener: CheckedListener, attack: Attack): Promise<AttackResult> => {
    const result = await run(listener, attack, signal);
    onProgress(++done, total);
    return result;
  };
  await Promise.all(
    listeners.map(async (listener) => {
      const isSlow = ({ timeoutMs = 0 }: Attack): boolean => timeoutMs > slowFromMs;
      const slow = listener.attacks.filter(isSlow).map((attack) => runOne(listener, attack));
      for (const attack of listener.attacks) {
        if (isSlow(attack)) continue;
        signal.throwIfAborted();
        results.push(await runOne(listener, attack));
      }
      results.push(...(await Promise.all(slow)));
    }),
  );
  const all = [...results, ...others].toSorted(byRow);
  const count = (outcome: AttackResult['outcome']): number => all.filter((each) => each.outcome === outcome).length;
  return {
    at: new Date(nowMs).toISOString(),
    held: count('held'),
    failed: count('failed'),
    skipped: count('skipped'),
    results: all,
  };
}

async function run(
  { listener, url, target }: CheckedListener,
  attack: Attack,
  signal: AbortSignal,
): Promise<AttackResult> {
  const { row, title, expected, requests, timeoutMs = answerTimeoutMs } = attack;
  let reply: RawReply = { kind: 'refused', reason: 'nothing was sent' };
  for (const request of requests) {
    if (signal.aborted) break;
    reply = await exchange(target, request, timeoutMs);
  }
  return {
    row,
    listener,
    target: url,
    title,
    outcome: attack.holds(reply) ? 'held' : 'failed',
    expected,
    got: replyText(reply),
  };
}

/** Never what was in a body: it may be long, and is nobody's business here. */
function replyText(reply: RawReply): string {
  switch (reply.kind) {
    case 'answer':
      return String(reply.status);
    case 'closed':
      return `closed after ${(reply.afterMs / 1000).toFixed(1)} s`;
    case 'silent':
      return `no answer within ${(reply.afterMs / 1000).toFixed(1)} s`;
    case 'refused':
      return `no connection (${reply.reason})`;
  }
}

function byRow(a: AttackResult, b: AttackResult): number {
  return rowNumber(a) - rowNumber(b) || a.listener.localeCompare(b.listener);
}

function rowNumber({ row }: AttackResult): number {
  return Number(row.replace(/\D/g, ''));
}
