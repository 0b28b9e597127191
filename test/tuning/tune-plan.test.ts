import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TuneGoal, TuneRow, TuneSetting } from '../../server/protocol/admin/tune-result.ts';
import { nextSetting, plannedRows, sameSetting } from '../../server/tuning/tune-plan.ts';
import { rowOn } from './tune-rows.ts';
import type { MadeUpMachine } from './tune-rows.ts';

const plain: MadeUpMachine = {
  cores: 2,
  batches: true,
  figures: ({ replicas, threads, maxBatchSize }) => ({
    perSecond: 100 * replicas * threads + maxBatchSize,
    aloneMs: 1 / threads,
  }),
};

function play(machine: MadeUpMachine, goal: TuneGoal, maxRows = 1000): TuneRow[] {
  const rows: TuneRow[] = [];
  for (;;) {
    const setting = nextSetting(rows, { cores: machine.cores, goal, maxRows });
    if (setting === undefined) return rows;
    rows.push(rowOn(machine, setting));
    expect(rows.length).toBeLessThanOrEqual(200);
  }
}

const machines = fc
  .record({ cores: fc.integer({ min: 1, max: 128 }), batches: fc.boolean(), seed: fc.integer() })
  .map(({ cores, batches, seed }): MadeUpMachine => ({
    cores,
    batches,
    figures: ({ replicas, threads, maxBatchSize, delayMs }) => {
      const mixed = Math.abs(Math.sin(seed + replicas * 7 + threads * 31 + maxBatchSize * 3 + delayMs));
      return { perSecond: 1 + mixed * 1000, aloneMs: 0.1 + mixed, failed: mixed < 0.1 ? 1 : 0 };
    },
  }));
const goals = fc.constantFrom<TuneGoal>('latency', 'throughput', 'balanced');

describe('the plan', () => {
  it('on two cores: what there is, the ways of using cores, batches on the best of them, delays on the best of these', () => {
    const texts = play(plain, 'throughput').map(({ setting }) => JSON.stringify(setting));
    expect(texts).toEqual([
      '{}',
      '{"replicas":1,"threads":1}',
      '{"replicas":2,"threads":1}',
      '{"replicas":1,"threads":2}',
      '{"maxBatchSize":0}',
      '{"maxBatchSize":16}',
      '{"maxBatchSize":256}',
      '{"maxBatchSize":256,"maxBatchDelayMs":1}',
      '{"maxBatchSize":256,"maxBatchDelayMs":4}',
    ]);
  });

  it('never delays anybody for the goal of latency, and never batches what takes one at a time', () => {
    expect(play(plain, 'latency').some(({ setting }) => setting.maxBatchDelayMs !== undefined)).toBe(false);
    expect(play({ ...plain, batches: false }, 'throughput').some(({ setting }) => 'maxBatchSize' in setting)).toBe(
      false,
    );
  });

  it('begins with the model as it is, never repeats itself, keeps within the cores, and ends', () => {
    fc.assert(
      fc.property(machines, goals, fc.integer({ min: 1, max: 60 }), (machine, goal, maxRows) => {
        const rows = play(machine, goal, maxRows);
        expect(rows[0]!.setting).toEqual({});
        expect(rows.length).toBeLessThanOrEqual(maxRows);
        for (const [index, { setting }] of rows.entries()) {
          expect(rows.slice(0, index).some((row) => sameSetting(row.setting, setting))).toBe(false);
          expect((setting.replicas ?? 1) * (setting.threads ?? 1)).toBeLessThanOrEqual(machine.cores);
          expect(setting.replicas ?? 1).toBeLessThanOrEqual(64);
        }
        expect(rows.length).toBeLessThanOrEqual(plannedRows({ cores: machine.cores, goal, maxRows }));
      }),
    );
  });

  it('measures one core and all cores among the first rows', () => {
    for (const cores of [1, 3, 6, 12, 64]) {
      const used = play({ ...plain, cores }, 'throughput', 4).map(
        ({ setting }: { setting: TuneSetting }) => (setting.replicas ?? 0) * (setting.threads ?? 0),
      );
      expect(used).toContain(1);
      expect(used).toContain(cores);
    }
  });
});
