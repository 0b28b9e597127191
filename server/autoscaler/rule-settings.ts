/**
 * What a policy says about one metric, and the rule that it becomes.
 */
import { metricKinds, metricNames } from './metrics.ts';
import type { MetricName, Vote } from './metrics.ts';
import { bandAround } from './proposal.ts';
import type { Band, Tolerance } from './proposal.ts';
import type { Rule } from './rules.ts';

/** Values in the metric's unit: requests, percent or milliseconds. */
export interface RuleSettings {
  /** Default: the usual one of the metric, see metrics.ts. */
  readonly vote?: Vote | undefined;
  /** What one slot or replica should carry. Needed by a ratio, and for nothing else. */
  readonly target?: number | undefined;
  /** Too much is more than this. Default with a target: the target and its tolerance. */
  readonly above?: number | undefined;
  /** Too little is less than this. Default with a target: the target less its tolerance; else the rule agrees to any shrink. */
  readonly below?: number | undefined;
  /** How long it must be too much. Default 0, at once. */
  readonly upForMs: number;
  /** How long it must be too little. Default 0, because the stabilisation window waits anyway. */
  readonly downForMs: number;
}

export type MetricSettings = Readonly<Partial<Record<MetricName, RuleSettings | undefined>>>;

/** Rules in one order, however the policy lists its metrics. */
export function compileRules(metrics: MetricSettings, tolerance: Tolerance): Rule[] {
  return metricNames.flatMap((metric) => {
    const settings = metrics[metric];
    return settings === undefined ? [] : [compileRule(metric, settings, tolerance)];
  });
}

/** Why these settings make no rule, as the end of a sentence that begins with the metric's name; undefined where they do. */
export function faultOfRule(metric: MetricName, settings: RuleSettings): string | undefined {
  const { votes } = metricKinds[metric];
  const { vote = votes[0], target, above, below } = settings;
  if (!votes.includes(vote)) return `cannot have the vote '${vote}', only ${votes.join(', ')}`;
  if (vote === 'ratio' && target === undefined) return 'needs a target, because its vote is a ratio';
  if (vote !== 'ratio' && target !== undefined) return `has a target, which the vote '${vote}' does not use; say above`;
  if (vote !== 'ratio' && above === undefined) return `needs above, the most that is right`;
  if (target !== undefined && above !== undefined && above < target) return 'has above lower than its target';
  if (target !== undefined && below !== undefined && below > target) return 'has below higher than its target';
  if (above !== undefined && below !== undefined && below > above) return 'has below higher than above';
  return undefined;
}

function compileRule(metric: MetricName, settings: RuleSettings, tolerance: Tolerance): Rule {
  const { vote = metricKinds[metric].votes[0], target, upForMs, downForMs } = settings;
  const targetMilli = target === undefined ? undefined : Math.round(target * 1000);
  return { metric, vote, targetMilli, band: bandOf(settings, targetMilli, tolerance), upForMs, downForMs };
}

/** Thresholds that are given take the place of the tolerance; both together would be two bands. */
function bandOf({ above, below }: RuleSettings, targetMilli: number | undefined, tolerance: Tolerance): Band {
  const usual =
    targetMilli === undefined
      ? { lowMicro: Number.POSITIVE_INFINITY, highMicro: Number.POSITIVE_INFINITY }
      : bandAround(targetMilli, tolerance);
  return {
    lowMicro: below === undefined ? usual.lowMicro : Math.round(below * 1000) * 1000,
    highMicro: above === undefined ? usual.highMicro : Math.round(above * 1000) * 1000,
  };
}
