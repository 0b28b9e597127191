import { describe, expect, test } from 'vitest';
import { gainCeiling, isOnTrial, newGain, noteGrowth, observeGain } from '../../server/autoscaler/marginal-gain.ts';
import type { GainFacts, GainState } from '../../server/autoscaler/marginal-gain.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';

const { gain: settings } = parsePolicy({}, 'test');

/** Seconds at a count, each with so many requests answered while others waited. */
class Measured {
  state: GainState = newGain('m');
  second = 0;

  run(seconds: number, ready: number, perSecond: number, more: Partial<GainFacts> = {}): this {
    for (let second = 0; second < seconds; second++) {
      this.second += 1;
      const facts = { ready, starting: 0, isSaturated: true, requests: perSecond, serviceP95Ms: 100, settingsKey: 'm' };
      this.state = observeGain(this.state, { ...facts, nowMs: this.second * 1000, elapsedMs: 1000, ...more }, settings);
    }
    return this;
  }

  get limit(): number | undefined {
    return gainCeiling(this.state)?.replicas;
  }
}

describe('more replicas', () => {
  test.each([
    [2, 100, 3, 109, 2],
    [2, 100, 3, 110, undefined],
    [2, 100, 4, 119, 2],
    [2, 100, 4, 120, undefined],
    [10, 1000, 11, 1049, 10],
    [10, 1000, 11, 1050, undefined],
  ])('from %i with %i per second to %i with %i are limited to %s', (fewer, before, more, after, limit) => {
    expect(new Measured().run(20, fewer, before).run(20, more, after).limit).toBe(limit);
  });

  test.each([
    [115, undefined],
    [116, 2],
  ])('that take the p95 of the service from 100 to %i ms are limited to %s', (serviceP95Ms, limit) => {
    const measured = new Measured().run(20, 2, 100).run(20, 3, 200, { serviceP95Ms });
    expect(measured.limit).toBe(limit);
  });

  test('are judged only by time in which requests waited and all were ready', () => {
    const measured = new Measured().run(20, 2, 100);
    expect(measured.run(60, 3, 100, { isSaturated: false }).limit).toBeUndefined();
    expect(measured.run(60, 3, 100, { starting: 1 }).limit).toBeUndefined();
    expect(measured.run(11, 3, 100).limit).toBeUndefined();
    expect(measured.run(1, 3, 100).limit).toBe(2);
  });

  test('are compared with the next lower count, and only when that many run for the first time', () => {
    expect(new Measured().run(20, 1, 50).run(20, 2, 100).run(20, 3, 105).limit).toBe(2);
    // Heavier requests came later; the number of replicas has nothing to do with it.
    expect(new Measured().run(20, 2, 100).run(20, 3, 130).run(20, 3, 90).limit).toBeUndefined();
  });

  test('are not compared with what was measured more than ten minutes ago', () => {
    const measured = new Measured().run(20, 2, 100).run(601, 2, 0, { isSaturated: false });
    expect(measured.run(20, 3, 100).limit).toBeUndefined();
  });
});

describe('a limit', () => {
  const limited = () => new Measured().run(20, 2, 100).run(20, 3, 100);

  test('is forgotten after a day, to try again', () => {
    const measured = limited();
    measured.second += 86_400 - 30;
    expect(measured.run(1, 2, 0, { isSaturated: false }).limit).toBe(2);
    measured.second += 60;
    expect(measured.run(1, 2, 0, { isSaturated: false }).limit).toBeUndefined();
  });

  test('is forgotten when the settings change', () => {
    expect(limited().run(1, 2, 0, { settingsKey: 'other' }).limit).toBeUndefined();
  });

  test('names what was wrong', () => {
    expect(gainCeiling(limited().state)).toEqual({ name: 'gain', replicas: 2, cause: 'throughput', percent: 0 });
  });
});

test('an addition without a measurement is on trial while the machine is busy, and no longer when nothing waits', () => {
  const grown = noteGrowth(newGain('m'));
  expect([90, 89, undefined].map((busyPercent) => isOnTrial(grown, busyPercent))).toEqual([true, false, false]);
  expect(isOnTrial(newGain('m'), 100)).toBe(false);
  const measured = new Measured();
  measured.state = grown;
  expect(isOnTrial(measured.run(12, 3, 50).state, 100)).toBe(true);
  expect(isOnTrial(measured.run(1, 3, 50).state, 100)).toBe(false);
  measured.state = grown;
  expect(isOnTrial(measured.run(1, 3, 0, { isSaturated: false }).state, 100)).toBe(false);
});
