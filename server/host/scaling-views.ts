/** What others are shown of the autoscaler. Pure. */
import type { ScalingReading } from '../metrics/inference-metrics.ts';
import type { ScalingState } from './scaling-loop.ts';

export function scalingReading({ target, decision, growths, shrinks }: ScalingState): ScalingReading {
  const { limits, wanted } = decision;
  return {
    name: target.model,
    version: target.version,
    min: limits.min,
    limit: limits.max,
    wanted,
    growths,
    shrinks,
  };
}
