import { describe, expect, it } from 'vitest';
import type { ScalingDecision } from '../../server/autoscaler/decision.ts';
import type { Observation } from '../../server/autoscaler/observation.ts';
import { ScalingTeller, sentenceOf } from '../../server/host/scaling-events.ts';

const minuteMs = 60_000;

const decision = (more: Partial<ScalingDecision> = {}): ScalingDecision => ({
  atMs: 0,
  current: 2,
  desired: 2,
  cause: 'metrics',
  wanted: 2,
  limitedBy: undefined,
  heldBy: undefined,
  limits: { min: 1, max: 8, ceiling: undefined },
  saturatedBy: undefined,
  votes: [],
  explanation: 'because',
  ...more,
});
const seen = (nowMs: number, busyPercent = 50): Observation => ({
  nowMs,
  ready: 2,
  starting: 0,
  slotsPerReplica: 1,
  queuedNow: 0,
  outstandingNow: 0,
  signals: { outstanding: { value: 1.23456, atMs: nowMs } },
  control: { mode: 'auto' },
  machine: { busyPercent },
  settingsKey: 'm',
});
const short = (at: number) => decision({ current: at, desired: at, wanted: 9, limitedBy: 'max', saturatedBy: 'gain' });
const held = decision({ wanted: 1, limitedBy: 'down-window' });

describe('the teller of scaling', () => {
  const times = (decisions: readonly (readonly [number, ScalingDecision])[]): number[] => {
    const teller = new ScalingTeller();
    return decisions.filter(([at, each]) => teller.tell('m', each, seen(at)) !== undefined).map(([at]) => at);
  };

  it('tells every change, however many', () => {
    const up = decision({ desired: 3, wanted: 3 });
    expect(
      times([
        [0, up],
        [1000, up],
        [2000, up],
      ]),
    ).toEqual([0, 1000, 2000]);
  });

  it('tells nothing of a number that is right, or set by hand, or asleep', () => {
    const quiet = [
      decision(),
      decision({ cause: 'manual' }),
      decision({ cause: 'paused' }),
      decision({ cause: 'asleep' }),
    ];
    expect(times(quiet.map((each, index) => [index, each]))).toEqual([]);
  });

  it('tells a refusal when it begins, and again after ten minutes if it has begun again', () => {
    const flicker: [number, ScalingDecision][] = [];
    for (let minute = 0; minute < 25; minute++) {
      flicker.push([minute * minuteMs, held], [minute * minuteMs + 1000, decision()]);
    }
    expect(times(flicker)).toEqual([0, 10 * minuteMs, 20 * minuteMs]);
  });

  it('does not repeat a refusal that stands', () => {
    expect(times(Array.from({ length: 100 }, (_, index) => [index * minuteMs, held]))).toEqual([0]);
  });

  it('tells the same limit at another number', () => {
    expect(
      times([
        [0, short(2)],
        [1000, short(3)],
        [2000, short(2)],
      ]),
    ).toEqual([0, 1000]);
  });

  it('needs no window to explain that nothing shrinks below the minimum', () => {
    expect(times([[0, decision({ current: 1, desired: 1, wanted: 0, limitedBy: 'down-window' })]])).toEqual([]);
  });

  it('marks what the machine is short of, with advice, and rounds what was measured', () => {
    const event = new ScalingTeller().tell('m', short(2), seen(0, 95))!;
    expect(event.severity).toBe('attention');
    expect(event.hint).toContain('Larger batches');
    expect(event.facts).toMatchObject({
      from: 2,
      to: 2,
      wanted: 9,
      saturatedBy: 'gain',
      inputs: { outstanding: 1.235 },
    });
    expect(new ScalingTeller().tell('m', held, seen(0))!.severity).toBe('info');
  });

  it('calls it CPU bound only where the cores are busy', () => {
    expect(sentenceOf(short(2), seen(0, 95))).toBe('because; one more copy will not help: CPU bound');
    expect(sentenceOf(short(2), seen(0, 30))).toBe('because; one more copy will not help');
    expect(sentenceOf({ ...short(2), saturatedBy: 'cpu' }, seen(0, 30))).toContain('CPU bound');
    expect(sentenceOf({ ...short(2), desired: 3 }, seen(0, 95))).toContain('more copies than that will not help');
    expect(sentenceOf({ ...short(2), saturatedBy: 'memory' }, seen(0, 95))).toBe('because');
    // A rate is what keeps the number now, whatever the machine could bear.
    expect(sentenceOf({ ...short(2), limitedBy: 'up-policy' }, seen(0, 95))).toBe('because');
  });
});
