/** A driven quantity over time, in straight pieces: what it is when, and how much it adds up to. Pure. */
import type { Stage } from '../protocol/admin/load-plan.ts';

export function totalMs(stages: readonly Stage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/** The quantity at a time; after the end, and on a border, that of the later stage's begin, else the last value. */
export function valueAt(stages: readonly Stage[], ms: number): number {
  let beginMs = 0;
  for (const { from, to, durationMs } of stages) {
    if (ms < beginMs + durationMs) return from + ((to - from) * Math.max(0, ms - beginMs)) / durationMs;
    beginMs += durationMs;
  }
  return stages.at(-1)?.to ?? 0;
}

/** Arrivals in all, for rates per second. */
export function totalArrivals(stages: readonly Stage[]): number {
  return stages.reduce((sum, { from, to, durationMs }) => sum + (((from + to) / 2) * durationMs) / 1000, 0);
}

/** Holds each value until the next begins. `points` rise in time and start anywhere; before the first nothing is asked for. */
export function heldStages(points: readonly { readonly t: number; readonly value: number }[], endMs: number): Stage[] {
  const stages: Stage[] = [];
  const first = points[0];
  if (first !== undefined && first.t > 0) stages.push({ from: 0, to: 0, durationMs: Math.min(first.t, endMs) });
  for (const [index, { t, value }] of points.entries()) {
    const durationMs = Math.min(points[index + 1]?.t ?? endMs, endMs) - t;
    if (durationMs > 0) stages.push({ from: value, to: value, durationMs });
  }
  return stages;
}
