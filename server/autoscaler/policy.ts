/**
 * What a person may set about scaling: every field with its unit, range, default and the reason for it.
 *
 * Owns the parser and the form that the other files take. The defaults are those of the preset `edge`; docs/autoscaling.md
 * lists all of this for users, and a test ties the two.
 */
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { nearMatch } from '../protocol/near-match.ts';
import { metricNames } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import { presets } from './presets.ts';
import { compileRules, faultOfRule } from './rule-settings.ts';
import type { Rule } from './rules.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error);
}

function quantity(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number(error).min(min, error).max(max, error);
}

function oneOf<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, `must be one of ${names.join(', ')}`);
}

/** An object without unknown keys: a misspelt limit must not run with that limit's default. */
function record<T extends z.ZodRawShape>(shape: T) {
  const allowed = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'must be an object';
      const [unknown = ''] = issue.keys ?? [];
      const near = nearMatch(unknown, allowed);
      const advice = near === undefined ? `allowed are ${allowed.join(', ')}` : `did you mean "${near}"?`;
      return `has the unknown field ${JSON.stringify(unknown)}; ${advice}`;
    },
  });
}

const yesOrNo = z.boolean('must be true or false');

/** What one slot or replica should carry, above 0: three decimals count. */
const target = quantity(0.001, 1e9);
const threshold = quantity(0, 1e9);

/** See RuleSettings in rule-settings.ts. */
const ruleSettings = record({
  vote: oneOf(['ratio', 'step', 'veto', 'ceiling']).optional(),
  target: target.optional(),
  above: threshold.optional(),
  below: threshold.optional(),
  upForMs: whole(0, hourMs).default(0),
  downForMs: whole(0, hourMs).default(0),
});

const ruleByMetric = Object.fromEntries(metricNames.map((name) => [name, ruleSettings.optional()])) as Record<
  MetricName,
  z.ZodOptional<typeof ruleSettings>
>;

const ratePolicy = record({
  type: oneOf(['pods', 'percent']),
  value: whole(0, 1000),
  /** At most half an hour, as in Kubernetes. */
  periodMs: whole(1, hourMs / 2),
});

function direction(windowMs: number, policies: z.input<typeof ratePolicy>[]) {
  return record({
    /** At most an hour, as in Kubernetes. */
    windowMs: whole(0, hourMs).default(windowMs),
    select: oneOf(['max', 'min', 'disabled']).default('max'),
    policies: z.array(ratePolicy, 'must be a list').max(10, 'must have at most 10 entries').default(policies),
  }).prefault({});
}

const share = quantity(0, 1);

const policySchema = record({
  preset: oneOf(['edge', 'kubernetes']).default('edge'),
  /** 1: a model answers at once. 0 lets it be unloaded when idle. */
  min: whole(0, 1000).default(1),
  /** 64, the most replicas that a model may have; the ceilings are what matters. */
  max: whole(1, 1000).default(64),
  /** 1 s: all counts are at hand in one process, and an overload should not wait for the clock. HPA's is 15 s. */
  tickMs: whole(100, 600_000).default(1000),
  /** 0.1 either way, HPA's. One number, or `up` and `down` (KEP-4951). */
  tolerance: z
    .union(
      [share, record({ up: share.default(0.1), down: share.default(0.1) })],
      'must be a number from 0 to 1, or {"up": …, "down": …}',
    )
    .default(0.1),
  /** Without any, only bounds and ceilings act. */
  metrics: record(ruleByMetric).default({}),
  /** Kubernetes' defaults: no wait, and the larger of 4 replicas and 100 % per 15 s. */
  up: direction(0, [
    { type: 'pods', value: 4, periodMs: 15_000 },
    { type: 'percent', value: 100, periodMs: 15_000 },
  ]),
  /** Kubernetes' defaults: the highest need of 300 s, then at once. 10 % per minute takes 23 min from 50 to 3. */
  down: direction(300_000, [{ type: 'percent', value: 100, periodMs: 15_000 }]),
  /** With `min` 0, the time without a request before the last replica goes. 10 min: a pause for coffee is no idle model. */
  idleToZeroMs: whole(1000, dayMs).default(600_000),
  /** After a restart of the controller beside running replicas. 60 s: the history is lost, not the load (Knative's idea). */
  restartHoldMs: whole(0, hourMs).default(60_000),
  /** Rules wait for ordered replicas at most this long. 120 s: one that takes longer will not come. */
  startDeadlineMs: whole(1000, hourMs).default(120_000),
  /** Starting replicas but one are stopped when the queue has emptied before they were ready. */
  cancelStarting: yesOrNo.default(true),
  ceilings: record({
    cpu: yesOrNo.default(true),
    reservedCores: whole(0, 1024).default(1),
    memory: yesOrNo.default(true),
    reservedBytes: whole(0, 2 ** 50).default(2_000_000_000),
    reservedPercent: quantity(0, 100).default(15),
    recoveryMs: whole(0, hourMs).default(60_000),
  }).prefault({}),
  gain: record({
    enabled: yesOrNo.default(true),
    minThroughputPercent: quantity(0, 100).default(10),
    maxServiceRisePercent: quantity(0, 1000).default(15),
    settleMs: whole(0, hourMs).default(2000),
    measureMs: whole(1000, hourMs).default(10_000),
    retestMs: whole(1000, 365 * dayMs).default(dayMs),
  }).prefault({}),
}).refine(({ min, max }) => min <= max, { path: ['min'], error: 'must not be higher than max' });

export type PolicyInput = z.input<typeof policySchema>;

export type Policy = z.output<typeof policySchema> & {
  /** The metrics as rules, in one order. */
  readonly rules: readonly Rule[];
};

/**
 * A policy from parsed JSON, on top of the preset that it names. Fields of `up`, `down`, `ceilings` and `gain` are replaced one by one,
 * `metrics` and `policies` as a whole. `where` names the source in messages. Errors: `invalid-config`, naming each wrong field.
 */
export function parsePolicy(raw: unknown, where: string): Policy {
  const result = policySchema.safeParse(overPreset(raw));
  if (!result.success) throw refusal(where, result.error.issues.map(faultOf));
  const settings = result.data;
  const faults = metricNames.flatMap((metric) => {
    const rule = settings.metrics[metric];
    const fault = rule === undefined ? undefined : faultOfRule(metric, rule);
    return fault === undefined ? [] : [`metrics.${metric} ${fault}`];
  });
  if (faults.length > 0) throw refusal(where, faults);
  return { ...settings, rules: compileRules(settings.metrics, toleranceOf(settings.tolerance)) };
}

function overPreset(raw: unknown): unknown {
  if (!isRecord(raw)) return raw;
  const name = raw['preset'] ?? 'edge';
  if (name !== 'edge' && name !== 'kubernetes') return raw;
  const preset: Record<string, unknown> = presets[name];
  const merged: Record<string, unknown> = { ...preset, ...raw };
  for (const section of ['up', 'down', 'ceilings', 'gain']) {
    const [usual, given] = [preset[section], raw[section]];
    if (isRecord(usual) && isRecord(given)) merged[section] = { ...usual, ...given };
  }
  return merged;
}

function toleranceOf(tolerance: number | { up: number; down: number }) {
  const { up, down } = typeof tolerance === 'number' ? { up: tolerance, down: tolerance } : tolerance;
  return { upPermille: Math.round(up * 1000), downPermille: Math.round(down * 1000) };
}

function faultOf({ path, message }: { path: PropertyKey[]; message: string }): string {
  const field = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `${field === '' ? 'the policy' : field.slice(1)} ${message}`;
}

function refusal(where: string, faults: readonly string[]): MillraceError {
  return new MillraceError('invalid-config', `${where} cannot be used: ${faults.slice(0, 10).join('; ')}.`, {
    details: { where, faults },
    hint: 'Correct these settings; docs/autoscaling.md lists all of them.',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
