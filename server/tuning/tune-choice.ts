/** Which of the measured settings is the right one for a goal. Pure. */
import type { TuneFigures, TuneGoal, TuneRow } from '../protocol/admin/tune-result.ts';

/** Settings that are so close to the best are as good as it; the one that takes the least of the machine is chosen. */
export const asGood = 0.03;
/** What a change must bring when it is measured again, or the model stays as it is. */
export const worthIt = 1.02;

/** Higher is better; 0 where requests failed. Doubling a throughput and halving a latency count the same. */
export function scoreOf({ perSecond, aloneP50Ms, aloneP95Ms, failed }: TuneFigures, goal: TuneGoal): number {
  if (failed > 0 || perSecond <= 0) return 0;
  // The median says how fast it is, p95 how steady.
  const speed = 1000 / Math.sqrt(Math.max(1e-6, aloneP50Ms) * Math.max(1e-6, aloneP95Ms));
  switch (goal) {
    case 'throughput':
      return perSecond;
    case 'latency':
      return speed;
    case 'balanced':
      return Math.sqrt(perSecond * speed);
  }
}

export function bestRow(rows: readonly TuneRow[], goal: TuneGoal): TuneRow | undefined {
  let best: TuneRow | undefined;
  for (const row of rows) {
    const score = scoreOf(row, goal);
    if (score > 0 && (best === undefined || score > scoreOf(best, goal))) best = row;
  }
  return best;
}

/** Among those that are as good as the best: fewest cores, fewest processes, earliest. Undefined where all rows had failures. */
export function choose(rows: readonly TuneRow[], goal: TuneGoal): TuneRow | undefined {
  const best = bestRow(rows, goal);
  if (best === undefined) return undefined;
  const least = scoreOf(best, goal) * (1 - asGood);
  const good = rows.filter((row) => scoreOf(row, goal) >= least);
  return good.toSorted((a, b) => a.replicas * a.threads - b.replicas * b.threads || a.replicas - b.replicas)[0];
}
