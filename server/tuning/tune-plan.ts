/**
 * Which settings of a model are measured, one after the other: what it has, ways of using the cores, then batch sizes and delays on
 * the best of these. Pure: it sees the rows so far and says what comes next.
 */
import type { TuneGoal, TuneRow, TuneSetting } from '../protocol/admin/tune-result.ts';
import { bestRow } from './tune-choice.ts';

/** Around the 64 that is used where nothing is said; 0: one by one. */
const batchSizes = [0, 16, 256];
/** Milliseconds that a batch may wait. */
const delays = [1, 4];

export interface PlanLimits {
  /** Replicas × threads never exceed it. */
  readonly cores: number;
  readonly goal: TuneGoal;
  readonly maxRows: number;
}

/** Undefined: everything worth it has been measured. The first is `{}`, the model as it is. */
export function nextSetting(rows: readonly TuneRow[], { cores, goal, maxRows }: PlanLimits): TuneSetting | undefined {
  if (rows.length >= maxRows) return undefined;
  const isNew = (setting: TuneSetting): boolean => !rows.some((row) => sameSetting(row.setting, setting));
  const first = [{}, ...coreSettings(cores)].find(isNew);
  if (first !== undefined) return first;
  const byCores = rows.filter(
    ({ setting }) => setting.maxBatchSize === undefined && setting.maxBatchDelayMs === undefined,
  );
  const base = bestRow(byCores, goal);
  // Where the model takes one request at a time there is nothing to batch.
  if (base === undefined || base.maxBatchSize === 0) return undefined;
  const sizes = batchSizes.map((maxBatchSize) => ({ ...base.setting, maxBatchSize }));
  const size = sizes.find(isNew);
  if (size !== undefined) return size;
  // A delay is time that somebody waits for.
  if (goal === 'latency') return undefined;
  const undelayed = rows.filter(({ setting }) => setting.maxBatchDelayMs === undefined);
  const batched = bestRow(undelayed, goal);
  if (batched === undefined || batched.maxBatchSize === 0) return undefined;
  return delays.map((maxBatchDelayMs) => ({ ...batched.setting, maxBatchDelayMs })).find(isNew);
}

/** Rows in all where nothing stops it before: for the time of each. */
export function plannedRows({ cores, goal, maxRows }: PlanLimits): number {
  const batching = batchSizes.length + (goal === 'latency' ? 0 : delays.length);
  return Math.min(maxRows, 1 + coreSettings(cores).length + batching);
}

/** One core first, then the ways that use all cores, then those that use fewer; powers of two, and all cores. */
function coreSettings(cores: number): TuneSetting[] {
  const powers = [...new Set([...powersUpTo(cores), cores])];
  const pairs = powers.flatMap((threads) =>
    [...new Set([...powersUpTo(Math.floor(cores / threads)), Math.floor(cores / threads)])].map((replicas) => ({
      replicas,
      threads,
    })),
  );
  const used = ({ replicas, threads }: (typeof pairs)[number]): number => replicas * threads;
  const [one, ...others] = pairs.toSorted((a, b) => used(a) - used(b));
  return [one!, ...others.toSorted((a, b) => used(b) - used(a) || a.threads - b.threads)].filter(
    ({ replicas }) => replicas <= 64,
  );
}

function powersUpTo(limit: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power <= limit; power *= 2) powers.push(power);
  return powers;
}

export function sameSetting(a: TuneSetting, b: TuneSetting): boolean {
  return (
    a.replicas === b.replicas &&
    a.threads === b.threads &&
    a.maxBatchSize === b.maxBatchSize &&
    a.maxBatchDelayMs === b.maxBatchDelayMs
  );
}
