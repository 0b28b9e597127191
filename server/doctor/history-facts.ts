/** What the event log tells of deaths and crashes. Pure. */
import type { HostEvent } from '../protocol/admin/host-event.ts';
import type { HistoryFacts } from './doctor-facts.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

export interface KnownEvents {
  /** Newest first. */
  readonly replicas: readonly HostEvent[];
  readonly starts: readonly HostEvent[];
  readonly stops: readonly HostEvent[];
}

/** `isRunning`: the newest start is of a host that runs, so that its missing stop is no crash. */
export function historyFacts(
  { replicas, starts, stops }: KnownEvents,
  nowMs: number,
  isRunning: boolean,
): HistoryFacts {
  const all = [replicas[0], starts[0], stops[0]].flatMap((event) =>
    event === undefined ? [] : [Date.parse(event.at)],
  );
  return {
    deaths: deathsOf(replicas, nowMs),
    crashes: crashesOf(starts, stops, nowMs, isRunning),
    newestEventMs: all.length === 0 ? undefined : Math.max(...all),
  };
}

function deathsOf(replicas: readonly HostEvent[], nowMs: number): HistoryFacts['deaths'] {
  const byModel = new Map<string, { model: string; count: number; last: string }>();
  for (const { at, severity, model, facts } of replicas) {
    const ended = facts?.['ended'];
    if (severity === 'info' || model === undefined || typeof ended !== 'string') continue;
    if (nowMs - Date.parse(at) > dayMs) continue;
    const known = byModel.get(model);
    // Newest first: the first one is the last death.
    if (known === undefined) byModel.set(model, { model, count: 1, last: ended });
    else known.count++;
  }
  return [...byModel.values()];
}

function crashesOf(
  starts: readonly HostEvent[],
  stops: readonly HostEvent[],
  nowMs: number,
  isRunning: boolean,
): string[] {
  const events = [...starts, ...stops].toSorted((a, b) => b.id - a.id);
  const crashes: string[] = [];
  let hasRunSince = isRunning;
  let isStopped = false;
  for (const { kind, at } of events) {
    if (kind === 'host-stopped') {
      isStopped = true;
      continue;
    }
    // A start whose run is neither the present one nor stopped in order.
    const isPresent = hasRunSince;
    hasRunSince = false;
    if (!isPresent && !isStopped && nowMs - Date.parse(at) <= weekMs) crashes.push(at);
    isStopped = false;
  }
  return crashes;
}
