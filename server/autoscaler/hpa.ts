/**
 * The decision of Kubernetes' Horizontal Pod Autoscaler, step by step and pure: bounds, combination of the metrics'
 * proposals, stabilisation, rate limits, clamp.
 *
 * Source: horizontal.go (kubernetes @003e8629), in the order of the code. Proposals come from proposal.ts or rules.ts;
 * ceilings of the machine are part of `max` before they get here. Time is a number, history goes in and comes out as plain
 * data, and nothing is applied.
 */
import { growthLimit, shrinkLimit, withEvent } from './rate-policies.ts';
import type { DirectionLimits, ScaleEvent } from './rate-policies.ts';
import { noRecommendations, remember, stabilise } from './stabiliser.ts';
import type { Recommendation, Recommendations } from './stabiliser.ts';

/**
 * What one metric asks for. `invalid`: it has no value, so it asks for nothing and forbids shrinking. `consents`: it agrees to
 * any shrink and has no number of its own; one that shrinks by consent alone shrinks by one.
 */
export type Proposal =
  | { readonly type: 'replicas'; readonly replicas: number; readonly raw: number }
  | { readonly type: 'consents' }
  | { readonly type: 'invalid' };

export interface DirectionBehaviour extends DirectionLimits {
  readonly windowMs: number;
}

export interface Behaviour {
  readonly up: DirectionBehaviour;
  readonly down: DirectionBehaviour;
}

export interface HpaHistory {
  readonly recommendations: Recommendations;
  readonly events: readonly ScaleEvent[];
}

export const noHistory: HpaHistory = { recommendations: noRecommendations, events: [] };

export interface HpaInput {
  /** Whole milliseconds of a clock that never steps back. */
  readonly nowMs: number;
  /** Ready and ordered replicas; those that are ending do not count. */
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly proposals: readonly Proposal[];
  readonly behaviour: Behaviour;
  readonly history: HpaHistory;
}

/** What kept the result from being what the metrics want. */
export type HpaLimit = 'missing-metric' | 'up-window' | 'down-window' | 'up-policy' | 'down-policy' | 'min' | 'max';

export interface HpaDecision {
  readonly desired: number;
  /** `paused`: the count is 0 although the minimum is not. `bounds`: the count was outside them and jumps back in. */
  readonly cause: 'paused' | 'bounds' | 'no-valid-metric' | 'metrics';
  /** What the metrics want together, before windows, rates and bounds. */
  readonly wanted: number;
  readonly limitedBy: HpaLimit | undefined;
  /** With `up-window` and `down-window`: the recommendation that is waited for to grow old. */
  readonly heldBy: Recommendation | undefined;
  /** To be passed in next time. It takes for granted that `desired` is applied. */
  readonly history: HpaHistory;
}

export function decide(input: HpaInput): HpaDecision {
  const { current, min, max, history } = input;
  if (current === 0 && min !== 0) return unmeasured(input, 0, 'paused');
  if (current > max) return unmeasured(input, max, 'bounds');
  if (current < min) return unmeasured(input, min, 'bounds');

  const recommendations = withFirst(history.recommendations, input);
  const combined = combine(input.proposals, current);
  if (combined === undefined) {
    const kept = remembering(recommendations, current, input);
    return { ...unmeasured(input, current, 'no-valid-metric'), history: { ...history, recommendations: kept } };
  }

  const { wanted, raw, isRefused } = combined;
  const { nowMs, behaviour } = input;
  const windows = { upMs: behaviour.up.windowMs, downMs: behaviour.down.windowMs };
  const stable = stabilise(current, wanted, recommendations, windows, nowMs);
  const paced = pace(stable.replicas, input);
  const desired = Math.min(max, Math.max(min, paced));
  return {
    desired,
    cause: 'metrics',
    wanted,
    limitedBy: limitOf({ isRefused, wanted, stable: stable.replicas, paced, desired, current }),
    heldBy: stable.heldBy,
    history: {
      recommendations: remembering(recommendations, raw, input),
      events: desired === current ? history.events : recorded(input, desired - current),
    },
  };
}

/** History after a change of the count that `decide` did not make, so that the rate limits know of it. */
export function withChange(history: HpaHistory, change: number, nowMs: number, behaviour: Behaviour): HpaHistory {
  if (change === 0) return history;
  return { ...history, events: withEvent(history.events, { atMs: nowMs, change }, longestPeriodMs(behaviour)) };
}

/** Largest of the proposals. Where some are invalid, growth goes ahead on the others and a shrink is refused. */
function combine(
  proposals: readonly Proposal[],
  current: number,
): { wanted: number; raw: number; isRefused: boolean } | undefined {
  let wanted = 0;
  let raw = 0;
  let numbers = 0;
  let invalid = 0;
  for (const proposal of proposals) {
    if (proposal.type === 'invalid') invalid += 1;
    if (proposal.type !== 'replicas') continue;
    numbers += 1;
    wanted = Math.max(wanted, proposal.replicas);
    raw = Math.max(raw, proposal.raw);
  }
  if (invalid === proposals.length) return undefined;
  if (numbers === 0) wanted = raw = Math.max(0, current - 1);
  const isRefused = invalid > 0 && wanted < current;
  if (!isRefused) return { wanted, raw: invalid > 0 ? Math.max(raw, current) : raw, isRefused };
  return { wanted: current, raw: Math.max(raw, current), isRefused };
}

function pace(target: number, { current, behaviour, history, nowMs }: HpaInput): number {
  if (target > current) return Math.min(target, growthLimit(current, behaviour.up, history.events, nowMs));
  if (target < current) return Math.max(target, shrinkLimit(current, behaviour.down, history.events, nowMs));
  return current;
}

interface Steps {
  readonly isRefused: boolean;
  readonly wanted: number;
  readonly stable: number;
  readonly paced: number;
  readonly desired: number;
  readonly current: number;
}

/** The last step that changed the number is what a person should hear about. */
function limitOf({ isRefused, wanted, stable, paced, desired, current }: Steps): HpaLimit | undefined {
  if (desired < paced) return 'max';
  if (desired > paced) return 'min';
  if (paced !== stable) return stable > current ? 'up-policy' : 'down-policy';
  if (stable !== wanted) return stable < wanted ? 'up-window' : 'down-window';
  return isRefused ? 'missing-metric' : undefined;
}

/** A decision that no metric had a part in. Jumps into the bounds skip windows and rates, as in HPA. */
function unmeasured(input: HpaInput, desired: number, cause: HpaDecision['cause']): HpaDecision {
  const { current, history } = input;
  const events = desired === current ? history.events : recorded(input, desired - current);
  return {
    desired,
    cause,
    wanted: desired,
    limitedBy: undefined,
    heldBy: undefined,
    history: { recommendations: history.recommendations, events },
  };
}

/** The first round remembers the count that it found, so that a new controller does not shrink at once. */
function withFirst(recommendations: Recommendations, input: HpaInput): Recommendations {
  return recommendations.highs.length > 0 ? recommendations : remembering(recommendations, input.current, input);
}

function remembering(recommendations: Recommendations, replicas: number, input: HpaInput): Recommendations {
  const { up, down } = input.behaviour;
  return remember(recommendations, { atMs: input.nowMs, replicas }, Math.max(up.windowMs, down.windowMs));
}

function recorded({ history, nowMs, behaviour }: HpaInput, change: number): readonly ScaleEvent[] {
  return withEvent(history.events, { atMs: nowMs, change }, longestPeriodMs(behaviour));
}

function longestPeriodMs({ up, down }: Behaviour): number {
  return Math.max(0, ...[...up.policies, ...down.policies].map(({ periodMs }) => periodMs));
}
