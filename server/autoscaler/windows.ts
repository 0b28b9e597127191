/**
 * The recent values of one metric, and what can be said of them over a span of time.
 *
 * Each sample stands for the time since the one before it, so that late and early rounds weigh what they lasted: a rule that
 * counts samples means something else whenever the loop slows down (ray-project/ray issue 62004: 100 s became 600 s). A sample
 * without a value (missing, NaN, infinite, negative, stale) takes part in the coverage and in nothing else.
 */

export interface Sample {
  readonly atMs: number;
  /** Time that it stands for, since the sample before it. */
  readonly spanMs: number;
  /** Thousandths of the metric's unit. */
  readonly milli: number | undefined;
}

/** Oldest first. */
export type SampleWindow = readonly Sample[];

/** A sample that follows another sooner than this part of a tick replaces it, which bounds a window to ten per tick. */
const closestPartOfTick = 10;

/** The window with one more sample, without what is older than `keepMs`, but for the newest of those: a run may begin there. */
export function record(
  window: SampleWindow,
  sample: { readonly atMs: number; readonly milli: number | undefined },
  keepMs: number,
  tickMs: number,
): SampleWindow {
  const last = window.at(-1);
  const spanMs = last === undefined ? 0 : sample.atMs - last.atMs;
  if (last !== undefined && spanMs * closestPartOfTick < tickMs)
    return [...window.slice(0, -1), { ...sample, spanMs: last.spanMs + spanMs }];
  const firstKept = window.findLastIndex(({ atMs }) => sample.atMs - atMs >= keepMs);
  return [...window.slice(Math.max(0, firstKept)), { ...sample, spanMs }];
}

/** An unbroken sequence of samples that all pass a test, up to the newest. */
export interface Run {
  readonly sinceMs: number;
  /** The least and the most of its samples that are at most `spanMs` old. */
  readonly lowMilli: number;
  readonly highMilli: number;
}

/**
 * The run that ends now, of samples younger than `afterMs`; undefined where the newest value fails the test or there is none.
 * Samples without a value neither lengthen nor break it.
 */
export function runUntilNow(
  window: SampleWindow,
  passes: (milli: number) => boolean,
  { nowMs, spanMs, afterMs }: { readonly nowMs: number; readonly spanMs: number; readonly afterMs: number },
): Run | undefined {
  let run: Run | undefined;
  for (let index = window.length - 1; index >= 0; index--) {
    const { atMs, milli } = window[index]!;
    if (atMs <= afterMs) break;
    if (milli === undefined) continue;
    if (!passes(milli)) break;
    if (run === undefined) run = { sinceMs: atMs, lowMilli: milli, highMilli: milli };
    else if (nowMs - atMs > spanMs) run = { ...run, sinceMs: atMs };
    else run = { sinceMs: atMs, lowMilli: Math.min(run.lowMilli, milli), highMilli: Math.max(run.highMilli, milli) };
  }
  return run;
}

/** Thousandths of the last `spanMs`, as far as there are samples, that have a value. 1000 or 0 for a span of 0: the newest. */
export function coveragePermille(window: SampleWindow, nowMs: number, spanMs: number): number {
  const newest = window.at(-1);
  if (newest === undefined) return 0;
  let covered = 0;
  let recorded = 0;
  for (let index = window.length - 1; index >= 0; index--) {
    const sample = window[index]!;
    const startMs = Math.max(sample.atMs - sample.spanMs, nowMs - spanMs);
    if (startMs >= sample.atMs) break;
    recorded += sample.atMs - startMs;
    if (sample.milli !== undefined) covered += sample.atMs - startMs;
  }
  if (recorded === 0) return newest.milli === undefined ? 0 : 1000;
  return Math.floor((covered * 1000) / recorded);
}

/** Sum of the values of the last `spanMs`; a sample exactly that old no longer counts. */
export function sumMilli(window: SampleWindow, nowMs: number, spanMs: number): number {
  let sum = 0;
  for (const { atMs, milli } of window) if (nowMs - atMs < spanMs) sum += milli ?? 0;
  return sum;
}
