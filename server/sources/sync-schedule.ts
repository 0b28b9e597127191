/** When a source is asked next. Pure: time and chance are passed in. */
import { backOffMs } from './back-off.ts';

export interface ScheduleState {
  /** End of the last sync of this source, of anyone; undefined before the first. */
  readonly lastEndMs: number | undefined;
  /** Syncs in a row that failed, of this host. */
  readonly failures: number;
}

/** A source that has been away for a day is still asked once an hour. */
const longestMs = 3_600_000;
/** Share of the period by which the next sync may come earlier: machines that were switched on together drift apart. */
const jitter = 0.1;

/** Milliseconds of the clock that `nowMs` is of; undefined: only when told to. `chance` is in [0, 1). */
export function nextSyncAtMs(
  everySeconds: number,
  { lastEndMs, failures }: ScheduleState,
  nowMs: number,
  chance: number,
): number | undefined {
  if (everySeconds === 0) return undefined;
  if (lastEndMs === undefined) return nowMs;
  const everyMs = everySeconds * 1000;
  const periodMs = everyMs * (1 - jitter * chance);
  if (failures === 0) return lastEndMs + periodMs;
  // Half fixed, half by chance: never at once, and never longer than an hour beyond the period.
  const spanMs = backOffMs(failures, 1, { baseMs: Math.min(everyMs, longestMs), maxMs: longestMs });
  return lastEndMs + Math.max(periodMs, spanMs * (0.5 + 0.5 * chance));
}
