/**
 * One metric, one number of replicas: the ratio formula of Kubernetes' Horizontal Pod Autoscaler, in whole numbers.
 *
 * Source: replica_calculator.go (kubernetes @00067268) and KEP-4951 for a tolerance per direction. Combining several
 * proposals, windows and rate limits is hpa.ts; how long a value must last is rules.ts.
 */
import { ceilDiv, floorDiv } from './quantity.ts';

/** Share of the target by which a value may miss it before anything happens, in thousandths. HPA's default is 100, 10 %. */
export interface Tolerance {
  readonly upPermille: number;
  readonly downPermille: number;
}

/** Values from `lowMicro` to `highMicro`, both inside, are right. Millionths, so that a tolerance of a milli target is whole. */
export interface Band {
  readonly lowMicro: number;
  readonly highMicro: number;
}

/** HPA's tolerance as a band: 1 - down <= value / target <= 1 + up. Exactly 1.1 at 10 % is inside. */
export function bandAround(targetMilli: number, { upPermille, downPermille }: Tolerance): Band {
  return { lowMicro: targetMilli * (1000 - downPermille), highMicro: targetMilli * (1000 + upPermille) };
}

/**
 * A metric as the ratio formula reads it. `usedMilli / shares` is compared with the target; `replicas` is what the ratio
 * multiplies. The four metric types of HPA differ in nothing else:
 *
 *   type                          usedMilli          shares       replicas
 *   resource utilisation          percent            1            ready and counted
 *   pods, average value           sum of all pods    pods         pods
 *   object or external, value     the value          1            ready
 *   the same, average value       the value          current      current
 */
export interface Usage {
  readonly usedMilli: number;
  readonly shares: number;
  readonly replicas: number;
}

export type Position = 'below' | 'within' | 'above';

export function positionOf({ usedMilli, shares }: Usage, { lowMicro, highMicro }: Band): Position {
  const micro = usedMilli * 1000;
  if (micro > highMicro * shares) return 'above';
  return micro < lowMicro * shares ? 'below' : 'within';
}

/** Replicas at which the usage would meet its target: ceil(usage / target × replicas). A total divides no replica out, so it cannot compound. */
export function replicasAtTarget({ usedMilli, shares, replicas }: Usage, targetMilli: number): number {
  return ceilDiv(replicas * usedMilli, targetMilli * shares);
}

/** HPA's proposal for one metric: the current count inside the band, else what would meet the target. */
export function proposeReplicas(usage: Usage, targetMilli: number, band: Band, current: number): number {
  return positionOf(usage, band) === 'within' ? current : replicasAtTarget(usage, targetMilli);
}

/** What is known about the resource use of a model's replicas. */
export interface ReplicaUsage {
  /** Sum over the counted replicas, thousandths of a percent of what one may use. */
  readonly usedMilli: number;
  /** Ready replicas with a measurement. */
  readonly counted: number;
  /** Ready replicas without one. */
  readonly missing: number;
  /** Starting replicas: what they burn while they start is no load (kubernetes issue 28692). */
  readonly ignored: number;
}

/**
 * Utilisation in whole percent, with what is not known filled in against the direction of change: missing replicas count
 * as 100 % before a shrink and as 0 % before a growth, starting ones as 0 % before a growth. Where that turns the direction
 * around, the answer is the target itself: no change. Undefined where no replica is counted.
 *
 * Worked example, target 30 %: two ready at 50 and 70 % and one starting are 60 %, a ratio of 2; with the third as 0 % they are
 * 40 %, a ratio of 1.33, so 4 replicas and not 6.
 */
export function utilisationOf(
  { usedMilli, counted, missing, ignored }: ReplicaUsage,
  targetPercent: number,
): Usage | undefined {
  if (counted === 0) return undefined;
  const measured = floorDiv(usedMilli, counted * 1000);
  const isOver = measured > targetPercent;
  const isUnder = measured < targetPercent;
  const filled = counted + (isOver || isUnder ? missing : 0) + (isOver ? ignored : 0);
  const percent = floorDiv(usedMilli + (isUnder ? missing * 100_000 : 0), filled * 1000);
  const crossed = (isOver && percent < targetPercent) || (isUnder && percent > targetPercent);
  return { usedMilli: (crossed ? targetPercent : percent) * 1000, shares: 1, replicas: filled };
}

/** HPA's proposal for CPU; undefined where no replica is counted. */
export function proposeByUtilisation(
  replicas: ReplicaUsage,
  targetPercent: number,
  tolerance: Tolerance,
  current: number,
): number | undefined {
  const usage = utilisationOf(replicas, targetPercent);
  if (usage === undefined) return undefined;
  const proposed = proposeReplicas(usage, targetPercent * 1000, bandAround(targetPercent * 1000, tolerance), current);
  // Filled-in numbers may soften a change, never reverse it: 4 of 10 replicas at 60 % of the target are no reason to have more.
  const wasFilled = usage.replicas !== replicas.counted;
  if (!wasFilled) return proposed;
  return usage.usedMilli > targetPercent * 1000 ? Math.max(current, proposed) : Math.min(current, proposed);
}
