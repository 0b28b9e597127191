/**
 * How fast the count may change: HPA's scaling policies, so many pods or percent per period.
 *
 * Source: scaling rules of autoscaling/v2 and horizontal.go (kubernetes @003e8629). The limit of a period is reckoned from
 * the count at its start, which the events of the period give back; it never turns a growth into a shrink.
 */
import { ceilDiv, floorDiv } from './quantity.ts';

export interface RatePolicy {
  readonly type: 'pods' | 'percent';
  /** Pods, or percent of the count at the start of the period. */
  readonly value: number;
  /** An event exactly this old no longer counts; with the other reading a period equal to the tick would halve the speed. */
  readonly periodMs: number;
}

export interface DirectionLimits {
  /** `max` takes the policy that allows the biggest change, `min` the smallest; `disabled` forbids the direction. */
  readonly select: 'max' | 'min' | 'disabled';
  readonly policies: readonly RatePolicy[];
}

/** A change of the count that was made. */
export interface ScaleEvent {
  readonly atMs: number;
  /** Replicas added, negative for removed. */
  readonly change: number;
}

/** The highest count that growth may reach now, never below `current`. */
export function growthLimit(
  current: number,
  { select, policies }: DirectionLimits,
  events: readonly ScaleEvent[],
  nowMs: number,
): number {
  if (select === 'disabled' || policies.length === 0) return current;
  const reachable = policies.map(({ type, value, periodMs }) => {
    const start = countAtStart(current, events, nowMs, periodMs);
    return type === 'pods' ? start + value : ceilDiv(start * (100 + value), 100);
  });
  return Math.max(current, select === 'max' ? Math.max(...reachable) : Math.min(...reachable));
}

/** The lowest count that a shrink may reach now, from 0 to `current`. */
export function shrinkLimit(
  current: number,
  { select, policies }: DirectionLimits,
  events: readonly ScaleEvent[],
  nowMs: number,
): number {
  if (select === 'disabled' || policies.length === 0) return current;
  const reachable = policies.map(({ type, value, periodMs }) => {
    const start = countAtStart(current, events, nowMs, periodMs);
    return type === 'pods' ? start - value : floorDiv(start * (100 - value), 100);
  });
  const lowest = select === 'max' ? Math.min(...reachable) : Math.max(...reachable);
  return Math.max(0, Math.min(current, lowest));
}

/** The events with a new one, without those that no period reaches any more. */
export function withEvent(events: readonly ScaleEvent[], event: ScaleEvent, keepMs: number): readonly ScaleEvent[] {
  return [...events.filter(({ atMs }) => event.atMs - atMs < keepMs), event];
}

function countAtStart(current: number, events: readonly ScaleEvent[], nowMs: number, periodMs: number): number {
  let start = current;
  for (const { atMs, change } of events) if (nowMs - atMs < periodMs) start -= change;
  return Math.max(0, start);
}
