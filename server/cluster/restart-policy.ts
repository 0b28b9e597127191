/**
 * When a replica that exited is started again, and when its model version is given up.
 *
 * Pure: state goes in and comes out as plain data, the caller keeps one SlotHistory per replica slot and one SetHistory
 * per replica set (model version). It starts no process. Only exits *without progress* count: a replica that has answered
 * is known to work, so its death is an accident, restarted at once; one request that kills replicas is stopped by the
 * poison guard, not here.
 */

/** One slot: k, the doublings of its next delay. */
export interface SlotHistory {
  readonly doublings: number;
}

/** One replica set, since one of its replicas last answered. */
export interface SetHistory {
  /** Exits without progress of the last 60 s, oldest first; at most 5 times in ms. */
  readonly exitsMs: readonly number[];
  /** Exits in a row that never became ready: the model or its configuration, not the weather. */
  readonly neverReady: number;
}

export const newSlot: SlotHistory = { doublings: 0 };
export const newSet: SetHistory = { exitsMs: [], neverReady: 0 };

export interface ReplicaExit {
  readonly nowMs: number;
  /** When this process became ready; undefined if it never did. */
  readonly readyAtMs: number | undefined;
  /** Requests it answered since. */
  readonly answered: number;
  /** Requests that any replica of the set answered since the set's last exit, this replica's included. */
  readonly answeredBySet: number;
  /** We asked for it: scale-down, unload, drain. */
  readonly requested: boolean;
}

export type RestartVerdict =
  /** A requested exit: nothing is counted, and starting again is the caller's wish. */
  | { readonly action: 'none' }
  | { readonly action: 'restart'; readonly delayMs: number }
  /** `too-many`: 5 exits in 60 s. `never-ready`: 3 in a row before ready. */
  | { readonly action: 'crash-loop'; readonly reason: 'too-many' | 'never-ready' };

export interface RestartDecision {
  readonly slot: SlotHistory;
  readonly set: SetHistory;
  readonly verdict: RestartVerdict;
}

const firstDelayMs = 500;
/** A local start costs a second; Kubernetes waits up to 300 s. */
const maxDelayMs = 30_000;
const jitter = 0.2;
/** Two times the longest delay, as in Kubernetes' KEP-4603. */
const healthyMs = 60_000;
const maxExits = 5;
const exitWindowMs = 60_000;
const maxNeverReady = 3;

/**
 * What follows an exit. Delays are 0.5, 1, 2, 4, 8, 16, 30 s ± 20 %; `random` in [0, 1), 0.5 being no jitter. After a
 * crash-loop the caller starts over with `newSlot` and `newSet`, when a person says so.
 */
export function decideRestart(
  slot: SlotHistory,
  set: SetHistory,
  exit: ReplicaExit,
  random: () => number,
): RestartDecision {
  const setBefore = exit.answeredBySet > 0 ? newSet : set;
  if (exit.requested) return { slot, set: setBefore, verdict: { action: 'none' } };
  if (exit.answered > 0) return { slot: newSlot, set: newSet, verdict: { action: 'restart', delayMs: 0 } };

  const setAfter = withExit(setBefore, exit);
  const wasHealthy = exit.readyAtMs !== undefined && exit.nowMs - exit.readyAtMs >= healthyMs;
  const doublings = wasHealthy ? 0 : slot.doublings;
  const slotAfter = { doublings: doublings + 1 };
  const loop = crashLoopReason(setAfter);
  if (loop !== undefined) return { slot: slotAfter, set: setAfter, verdict: { action: 'crash-loop', reason: loop } };

  const spread = 1 + jitter * (2 * random() - 1);
  const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** doublings) * spread;
  return { slot: slotAfter, set: setAfter, verdict: { action: 'restart', delayMs } };
}

function withExit(set: SetHistory, { nowMs, readyAtMs }: ReplicaExit): SetHistory {
  const recent = set.exitsMs.filter((exitMs) => nowMs - exitMs <= exitWindowMs);
  return {
    exitsMs: [...recent, nowMs].slice(-maxExits),
    neverReady: readyAtMs === undefined ? set.neverReady + 1 : 0,
  };
}

function crashLoopReason({ exitsMs, neverReady }: SetHistory): 'too-many' | 'never-ready' | undefined {
  if (neverReady >= maxNeverReady) return 'never-ready';
  return exitsMs.length >= maxExits ? 'too-many' : undefined;
}
