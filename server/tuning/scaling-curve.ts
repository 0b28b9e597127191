/**
 * How throughput grows with cores: Gunther's Universal Scalability Law fitted to what was measured. Pure.
 *
 * Source: N. J. Gunther, Guerrilla Capacity Planning, chapter 4. For given σ and κ the best λ follows in closed form; σ and κ are
 * searched on a grid that is refined, which cannot leave their range and needs no start.
 */
import type { ScalingCurve, TuneRow } from '../protocol/admin/tune-result.ts';

const steps = 20;
const refinements = 12;

export function throughputAt({ lambda, sigma, kappa }: Omit<ScalingCurve, 'points'>, cores: number): number {
  return (lambda * cores) / (1 + sigma * (cores - 1) + kappa * cores * (cores - 1));
}

/** Undefined with fewer than two different numbers of cores. */
export function fitCurve(rows: readonly TuneRow[]): ScalingCurve | undefined {
  const best = new Map<number, number>();
  for (const { replicas, threads, perSecond, failed } of rows) {
    const cores = replicas * threads;
    if (failed === 0) best.set(cores, Math.max(best.get(cores) ?? 0, perSecond));
  }
  const points = [...best].toSorted(([a], [b]) => a - b);
  if (points.length < 2) return undefined;
  let [sigma, kappa] = [0, 0];
  // Two numbers of cores tell one parameter only.
  const kappaRange = points.length < 3 ? 0 : 0.5;
  let [sigmaStep, kappaStep] = [1 / steps, kappaRange / steps];
  let [sigmaLow, kappaLow] = [0, 0];
  for (let round = 0; round < refinements; round += 1) {
    let least = Infinity;
    for (let i = 0; i <= steps; i += 1) {
      for (let j = 0; j <= steps; j += 1) {
        const s = Math.min(1, Math.max(0, sigmaLow + i * sigmaStep));
        const k = Math.min(kappaRange, Math.max(0, kappaLow + j * kappaStep));
        const error = errorOf(points, { lambda: lambdaOf(points, s, k), sigma: s, kappa: k });
        if (error < least) [least, sigma, kappa] = [error, s, k];
      }
    }
    sigmaStep /= 4;
    kappaStep /= 4;
    sigmaLow = sigma - (steps / 2) * sigmaStep;
    kappaLow = kappa - (steps / 2) * kappaStep;
  }
  return { lambda: lambdaOf(points, sigma, kappa), sigma, kappa, points };
}

type Points = readonly (readonly [number, number])[];

function lambdaOf(points: Points, sigma: number, kappa: number): number {
  let [above, below] = [0, 0];
  for (const [cores, perSecond] of points) {
    const shape = throughputAt({ lambda: 1, sigma, kappa }, cores);
    // Relative errors: ten percent at one core are as bad as ten at many.
    above += shape / perSecond;
    below += (shape / perSecond) ** 2;
  }
  return above / below;
}

function errorOf(points: Points, curve: Omit<ScalingCurve, 'points'>): number {
  return points.reduce((sum, [cores, perSecond]) => sum + (throughputAt(curve, cores) / perSecond - 1) ** 2, 0);
}
