import { describe, expect, test } from 'vitest';
import { presets } from '../../server/autoscaler/presets.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { growthLimit, shrinkLimit, withEvent } from '../../server/autoscaler/rate-policies.ts';
import type { RatePolicy, ScaleEvent } from '../../server/autoscaler/rate-policies.ts';
import vectors from '../fixtures/scaling-vectors.json' with { type: 'json' };

interface Row {
  readonly cur?: number;
  readonly want?: number;
  readonly up?: (string | number)[][];
  readonly down?: (string | number)[][];
  readonly select?: string;
  readonly limit?: number;
  readonly exp?: number | string;
  readonly up_events?: number;
  readonly down_events?: number;
  readonly up_events_120s?: number;
  readonly down_events_120s?: number;
}

const nowMs = 1_000_000;

function policiesOf(rows: (string | number)[][]): RatePolicy[] {
  return rows.map(([type, value, seconds]) => ({
    type: type as RatePolicy['type'],
    value: value as number,
    periodMs: (seconds as number) * 1000,
  }));
}

function eventsOf(row: Row): ScaleEvent[] {
  const added = row.up_events ?? row.up_events_120s ?? 0;
  const removed = row.down_events ?? row.down_events_120s ?? 0;
  return [
    { atMs: nowMs - 30_000, change: added },
    { atMs: nowMs - 20_000, change: -removed },
  ];
}

const edge = parsePolicy(presets.edge, 'edge');

const rows = (vectors.hpa_policies as Row[]).filter((row) => row.cur !== undefined);

test.each(rows.filter(({ down }) => down === undefined))('growth from $cur to $want: $exp$limit', (row) => {
  const policies = row.up === undefined ? edge.up.policies : policiesOf(row.up);
  const limit = growthLimit(row.cur!, { select: row.select === 'Min' ? 'min' : 'max', policies }, eventsOf(row), nowMs);
  expect(Math.min(row.want ?? limit, limit)).toBe(row.exp ?? row.limit);
});

test.each(rows.filter(({ down }) => down !== undefined))('a shrink from $cur to $want: $exp', (row) => {
  const limit = shrinkLimit(row.cur!, { select: 'max', policies: policiesOf(row.down!) }, eventsOf(row), nowMs);
  expect(Math.max(row.want!, limit)).toBe(row.exp);
});

describe('a direction', () => {
  const policies: RatePolicy[] = [
    { type: 'pods', value: 4, periodMs: 60_000 },
    { type: 'percent', value: 10, periodMs: 60_000 },
  ];

  test('that is disabled does not change, and one without policies does not either', () => {
    expect(growthLimit(10, { select: 'disabled', policies }, [], nowMs)).toBe(10);
    expect(shrinkLimit(10, { select: 'disabled', policies }, [], nowMs)).toBe(10);
    expect([
      growthLimit(10, { select: 'max', policies: [] }, [], 0),
      shrinkLimit(10, { select: 'max', policies: [] }, [], 0),
    ]).toEqual([10, 10]);
  });

  test('with select max takes the biggest change, with min the smallest', () => {
    expect(growthLimit(10, { select: 'max', policies }, [], nowMs)).toBe(14);
    expect(growthLimit(10, { select: 'min', policies }, [], nowMs)).toBe(11);
    expect(shrinkLimit(10, { select: 'max', policies }, [], nowMs)).toBe(6);
    expect(shrinkLimit(10, { select: 'min', policies }, [], nowMs)).toBe(9);
  });

  test('never shrinks below none', () => {
    expect(shrinkLimit(3, { select: 'max', policies: [{ type: 'pods', value: 5, periodMs: 1000 }] }, [], 0)).toBe(0);
  });
});

test('an event exactly as old as its period no longer counts', () => {
  const policies: RatePolicy[] = [{ type: 'pods', value: 4, periodMs: 15_000 }];
  const limitAt = (ageMs: number): number =>
    growthLimit(7, { select: 'max', policies }, [{ atMs: nowMs - ageMs, change: 4 }], nowMs);
  expect([limitAt(14_999), limitAt(15_000)]).toEqual([7, 11]);
});

test('events that no period reaches are forgotten', () => {
  const events = withEvent([{ atMs: 0, change: 1 }], { atMs: 59_999, change: 2 }, 60_000);
  expect(withEvent(events, { atMs: 60_000, change: 3 }, 60_000).map(({ change }) => change)).toEqual([2, 3]);
});
