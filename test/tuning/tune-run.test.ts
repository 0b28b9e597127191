import { describe, expect, it } from 'vitest';
import type { TuneGoal, TuneSetting } from '../../server/protocol/admin/tune-result.ts';
import { settingText, tune } from '../../server/tuning/tune-run.ts';
import { rowOn } from './tune-rows.ts';
import type { MadeUpMachine } from './tune-rows.ts';

/** More copies bring more; a start takes `startMs`. */
const machine: MadeUpMachine = {
  cores: 2,
  batches: false,
  figures: ({ replicas, threads }) => ({ perSecond: 100 * replicas + 10 * threads, aloneMs: 2 / threads }),
};

async function run(on: MadeUpMachine, goal: TuneGoal, { budgetMs = 60_000, startMs = 1000, abortAt = Infinity } = {}) {
  let nowMs = 0;
  const measured: TuneSetting[] = [];
  const loads: number[] = [];
  const abort = new AbortController();
  const result = await tune({
    model: 'net',
    goal,
    budgetMs,
    cores: on.cores,
    signal: abort.signal,
    now: () => nowMs,
    onProgress: () => {},
    async measure(setting, loadMs) {
      measured.push(setting);
      loads.push(loadMs);
      nowMs += startMs + loadMs;
      if (measured.length >= abortAt) abort.abort();
      return rowOn(on, setting);
    },
  });
  return { result, measured, loads, elapsedMs: nowMs };
}

describe('tuning', () => {
  it('picks the best, and measures it against what the model had in turn', async () => {
    const { result, measured } = await run(machine, 'throughput');
    expect(result.pick).toEqual({ replicas: 2, threads: 1 });
    expect(measured.slice(-4)).toEqual([{ replicas: 2, threads: 1 }, {}, {}, { replicas: 2, threads: 1 }]);
    expect(result.gain).toBeCloseTo(210 / 120, 6);
    expect(result.sentence).toBe(
      'net gets 2 copies, 1 thread: 75 % more for throughput, measured against what it had in turn.',
    );
    expect(result.curve!.points).toHaveLength(2);
  });

  it('changes nothing where what the model has is the best, and does not measure it again', async () => {
    const { result, measured } = await run(machine, 'latency');
    expect(result).toMatchObject({ pick: {}, gain: undefined });
    expect(measured).toHaveLength(4);
    expect(result.sentence).toContain('stays as it is');
  });

  it('changes nothing where the better row was luck', async () => {
    let seen = 0;
    const lucky: MadeUpMachine = {
      ...machine,
      figures: (use) =>
        use.replicas === 2 && seen++ === 0 ? { perSecond: 500, aloneMs: 1 } : { perSecond: 100, aloneMs: 1 },
    };
    const { result } = await run(lucky, 'throughput');
    expect(result.pick).toEqual({});
    expect(result.gain).toBeCloseTo(1, 6);
    expect(result.sentence).toContain('looked better');
  });

  it('changes nothing where requests failed with everything', async () => {
    const broken = { ...machine, figures: () => ({ perSecond: 100, aloneMs: 1, failed: 3 }) };
    expect((await run(broken, 'balanced')).result).toMatchObject({ pick: {}, curve: undefined });
  });

  it('keeps to its budget where starts are quick, and to the shortest rows where they are slow', async () => {
    const quick = await run({ ...machine, batches: true }, 'balanced', { budgetMs: 60_000, startMs: 500 });
    expect(quick.elapsedMs).toBeLessThanOrEqual(66_000);
    expect(quick.elapsedMs).toBeGreaterThan(30_000);
    const slow = await run(machine, 'throughput', { budgetMs: 10_000, startMs: 8000 });
    expect(slow.loads.every((loadMs) => loadMs === 500)).toBe(true);
    // The model as it is, one more, and where that was better the four at the end.
    expect(slow.measured.length).toBeLessThanOrEqual(6);
  });

  it('ends with an abort, without a result', async () => {
    await expect(run(machine, 'throughput', { abortAt: 2 })).rejects.toThrow(/abort/i);
  });

  it.each([
    [{}, 'what it has'],
    [{ replicas: 1, threads: 2, maxBatchSize: 0 }, '1 copy, 2 threads, no batching'],
    [{ replicas: 3, maxBatchSize: 16, maxBatchDelayMs: 4 }, '3 copies, batches of 16, 4 ms delay'],
  ])('says %j in words', (setting, text) => expect(settingText(setting)).toBe(text));
});
