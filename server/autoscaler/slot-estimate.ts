/**
 * How many requests one replica does at once without taking longer for each: what "a slot" means to the autoscaler.
 *
 * The balancer's slots say how much a replica takes in, and where it batches that is much more than it can do at once: 64 rows
 * of a net whose 64 rows take 20 times as long as one are the work of three. How much batching speeds the model up is
 * measured: rows per time in its best batches over rows per time alone. And a replica that is not busy has room for more,
 * whatever it holds: with tiny models most of a request's time passes outside of it. Pure.
 */

/** Runs of one batch size since the model was first served. */
export interface BatchRuns {
  readonly rows: number;
  readonly runs: number;
  readonly totalMs: number;
}

export interface SlotFacts {
  /** Requests that one run can hold, at least 1. */
  readonly perRun: number;
  /** Requests that the balancer gives to one replica at most: `perRun`, or twice that where runs are short. */
  readonly dispatchSlots: number;
  /** Mean rows of a request, at least 1. */
  readonly rowsPerRequest: number;
  readonly batches: Iterable<BatchRuns>;
  /** Requests that one ready replica holds, mean of the last second. */
  readonly held: number;
  /** Share of the last second that a ready replica spent in runs, 0 to 1; undefined where nobody knows. */
  readonly busyShare: number | undefined;
}

/** Fewer runs of a size may be those that allocated memory. */
const minRuns = 5;
/** Below this a replica has time to spare, and what waits, waits elsewhere. */
const saturatedShare = 0.9;

/** Whole, from 1 to `dispatchSlots`. */
export function estimateSlots(facts: SlotFacts): number {
  const { perRun, dispatchSlots, rowsPerRequest, batches, held, busyShare } = facts;
  const ahead = dispatchSlots / perRun;
  const together = Math.max(1, batchSpeedUp(batches) / Math.max(1, rowsPerRequest));
  const room = busyShare !== undefined && busyShare < saturatedShare ? held / Math.max(0.01, busyShare) : 0;
  return Math.min(Math.max(1, dispatchSlots), Math.max(1, Math.round(ahead * together), Math.ceil(room)));
}

/** Rows per time in the best batches, against the smallest that were run; 1 while only one size has been seen. */
export function batchSpeedUp(batches: Iterable<BatchRuns>): number {
  const known = [...batches]
    .filter(({ runs, totalMs }) => runs >= minRuns && totalMs > 0)
    .map(({ rows, runs, totalMs }) => ({ rows, rate: (rows * runs) / totalMs }))
    .toSorted((a, b) => a.rows - b.rows);
  const [smallest] = known;
  if (smallest === undefined) return 1;
  return Math.max(1, ...known.map(({ rate }) => rate / smallest.rate));
}
