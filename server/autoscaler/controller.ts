/**
 * One model's autoscaler: what it saw goes in, how many replicas there should be comes out.
 *
 *   observation → windows → rules → votes ┐
 *                       machine → ceilings ┴→ hpa.decide → gates → decision, explained
 *
 * Pure: `step` keeps no field, reads no clock and starts nothing. The caller applies the decision, observes again a tick later
 * and passes the state back in. The gates, from the strongest: orders from outside, sleep and waking, bounds, the pause after
 * a restart, idleness, orders to take back, and then what the metrics say.
 */
import { advance } from './awake-clock.ts';
import type { ControllerState } from './controller-state.ts';
import type { Limits, ScalingDecision } from './decision.ts';
import { explain } from './explain.ts';
import { choose } from './gates.ts';
import type { Choice } from './gates.ts';
import { decide, withChange } from './hpa.ts';
import type { HpaDecision } from './hpa.ts';
import { limitsOf } from './limits.ts';
import { noteGrowth, observeGain } from './marginal-gain.ts';
import type { GainState } from './marginal-gain.ts';
import { readMetric } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import { toMilli } from './quantity.ts';
import { voteOf } from './rules.ts';
import type { RuleVote } from './rules.ts';
import { record, sumMilli } from './windows.ts';
import type { SampleWindow } from './windows.ts';

export interface Step {
  readonly state: ControllerState;
  readonly decision: ScalingDecision;
}

/** Error rates are judged over this; rules remember at least this much, to say how long a value has lasted. */
const minuteMs = 60_000;

/** One tick. `policy` may differ from the last tick's: what is remembered is measurements and needs, not settings. */
export function step(policy: Policy, before: ControllerState, observation: Observation): Step {
  if (observation.control.mode === 'frozen') return frozen(policy, before, observation);
  const { state, votes } = observe(policy, before, observation);
  const current = observation.ready + observation.starting;
  const nowMs = state.clock.awakeMs;
  const { limits, ceilings } = limitsOf(policy, state, observation, votes);
  const hpa = decide({
    nowMs,
    current,
    min: limits.min,
    max: limits.max,
    proposals: votes.filter(({ vote }) => vote !== 'ceiling').map(({ proposal }) => proposal),
    behaviour: policy,
    history: state.history,
  });
  const choice = choose(policy, state, observation, { votes, limits, hpa });
  const change = choice.desired - current;
  const history = { ...state.history, recommendations: hpa.history.recommendations };
  return {
    state: {
      ...state,
      ceilings,
      history: withChange(history, change, nowMs, policy),
      gain: change > 0 && choice.cause === 'metrics' ? noteGrowth(state.gain) : state.gain,
      growingSinceMs: change > 0 ? nowMs : state.growingSinceMs,
      restartedMs: change > 0 ? nowMs : state.restartedMs,
    },
    decision: decisionOf(policy, observation, { state, votes, limits, hpa, choice }),
  };
}

interface Judged {
  readonly state: ControllerState;
  readonly votes: readonly RuleVote[];
  readonly limits: Limits;
  readonly hpa: HpaDecision;
  readonly choice: Choice;
}

/** Takes in the tick's measurements: windows, traffic, gain, idleness, and whether ordered replicas have come. */
function observe(
  policy: Policy,
  before: ControllerState,
  observation: Observation,
): { state: ControllerState; votes: RuleVote[] } {
  const { ready, starting, traffic, outstandingNow } = observation;
  const clock = advance(before.clock, observation.nowMs, policy.tickMs);
  const nowMs = clock.awakeMs;
  const add = (window: SampleWindow, milli: number | undefined, keepMs: number): SampleWindow =>
    record(window, { atMs: nowMs, milli }, keepMs, policy.tickMs);
  const requests = add(before.requests, toMilli(traffic?.requests), minuteMs);
  const overloadFailures = add(before.overloadFailures, toMilli(traffic?.overloadFailures), minuteMs);
  const recent = traffic && {
    requests: sumMilli(requests, nowMs, minuteMs) / 1000,
    overloadFailures: sumMilli(overloadFailures, nowMs, minuteMs) / 1000,
  };

  const { growingSinceMs } = before;
  const isGrowing = growingSinceMs !== undefined && starting > 0 && nowMs - growingSinceMs < policy.startDeadlineMs;
  const restartedMs = isGrowing ? nowMs : before.restartedMs;
  const windows: Partial<Record<MetricName, SampleWindow>> = {};
  const votes = policy.rules.map((rule) => {
    const { milli, shares, replicas } = readMetric(rule.metric, observation, policy.tickMs, rule.targetMilli, recent);
    const keepMs = Math.max(rule.upForMs, rule.downForMs, minuteMs);
    const window = add(before.windows[rule.metric] ?? [], milli, keepMs);
    windows[rule.metric] = window;
    return voteOf(rule, { window, nowMs, current: ready + starting, shares, replicas, restartedMs });
  });

  const isIdle = outstandingNow === 0 && (traffic?.requests ?? 0) === 0;
  const state = {
    ...before,
    clock,
    windows,
    requests,
    overloadFailures,
    gain: gainOf(policy, before, observation, nowMs),
    growingSinceMs: isGrowing ? growingSinceMs : undefined,
    restartedMs,
    idleSinceMs: isIdle ? (before.idleSinceMs ?? nowMs) : undefined,
  };
  return { state, votes };
}

function gainOf(policy: Policy, before: ControllerState, observation: Observation, nowMs: number): GainState {
  const { traffic, ready, starting, queuedNow, settingsKey } = observation;
  if (traffic === undefined) return before.gain;
  const facts = {
    nowMs,
    elapsedMs: nowMs - before.clock.awakeMs,
    ready,
    starting,
    isSaturated: (queuedNow ?? 0) > 0,
    requests: Math.max(0, traffic.requests - traffic.overloadFailures),
    serviceP95Ms: traffic.serviceP95Ms,
    settingsKey,
  };
  return observeGain(before.gain, facts, policy.gain);
}

function decisionOf(
  policy: Policy,
  observation: Observation,
  { state, votes, limits, hpa, choice }: Judged,
): ScalingDecision {
  const { desired, cause } = choice;
  const { wanted, heldBy } = hpa;
  const isMeasured = cause === 'metrics';
  const isShort = isMeasured && wanted > limits.max && limits.ceiling !== undefined;
  const decision = {
    atMs: observation.nowMs,
    current: observation.ready + observation.starting,
    desired,
    cause,
    wanted,
    limitedBy: isMeasured ? hpa.limitedBy : undefined,
    heldBy: isMeasured && heldBy !== undefined ? { ...heldBy, ageMs: state.clock.awakeMs - heldBy.atMs } : undefined,
    limits,
    saturatedBy: isShort ? limits.ceiling?.name : undefined,
    votes,
  };
  return { ...decision, explanation: explain(decision, policy) };
}

/** While a new version is brought in, time stands still: nothing is decided, remembered or waited for. */
function frozen(policy: Policy, before: ControllerState, observation: Observation): Step {
  const current = observation.ready + observation.starting;
  const decision = {
    atMs: observation.nowMs,
    current,
    desired: current,
    cause: 'frozen' as const,
    wanted: current,
    limitedBy: undefined,
    heldBy: undefined,
    limits: { min: policy.min, max: policy.max, ceiling: undefined },
    saturatedBy: undefined,
    votes: [],
  };
  return {
    state: { ...before, clock: { ...before.clock, seenMs: observation.nowMs } },
    decision: { ...decision, explanation: explain(decision, policy) },
  };
}
