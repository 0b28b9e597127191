import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History, maxSubjects } from '../../server/metrics/history.ts';
import type { HistoryQuery } from '../../server/metrics/history.ts';
import type { HistorySample } from '../../server/metrics/history-bucket.ts';
import { LatencyCounts, toSparse } from '../../server/metrics/latency-counts.ts';
import { openDatabase } from '../../server/storage/database.ts';

const startMs = Date.parse('2026-03-01T10:00:00.000Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function sampleOf(answered: number, queued = 0, ...latenciesMs: number[]): HistorySample {
  const latency = new LatencyCounts();
  for (const ms of latenciesMs) latency.record(ms);
  return { sums: { answered }, levels: { queued }, latency: toSparse(latency.counts) };
}

describe('the history', () => {
  let folder: string;
  let path: string;
  let troubles: string[];
  let history: History;
  let nowMs: number;

  const open = () => new History({ path, onTrouble: (message) => troubles.push(message) });
  /** Lets so many seconds pass, each with this sample of model m. */
  const pass = (seconds: number, each: (second: number) => HistorySample | undefined): void => {
    for (let second = 0; second < seconds; second++) {
      nowMs += 1000;
      const sample = each(second);
      if (sample !== undefined) history.append(nowMs, new Map([['m', sample]]));
    }
  };
  const read = (query: Partial<HistoryQuery>) =>
    history.read({ fromMs: startMs, toMs: nowMs + 1000, model: 'm', series: ['answered'], ...query }, nowMs);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'history-'));
    path = join(folder, 'history.db');
    troubles = [];
    nowMs = startMs - 1000;
    history = open();
  });

  afterEach(() => {
    history.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives back each second as it was, and gaps as gaps', () => {
    pass(6, (second) => (second === 3 ? undefined : sampleOf(second, second * 10)));
    expect(read({ series: ['answered', 'queued'] })).toEqual({
      stepSeconds: 1,
      times: [0, 1, 2, 3, 4, 5].map((second) => startMs / 1000 + second),
      series: { answered: [0, 1, 2, null, 4, 5], queued: [0, 10, 20, null, 40, 50] },
    });
  });

  it('merges what was measured into coarser steps, with percentiles of all requests', () => {
    pass(40, (second) => sampleOf(5, 0, ...(second % 10 === 9 ? [100, 100] : [1, 1])));
    const { stepSeconds, times, series } = read({ maxPoints: 4, series: ['answered', 'p50Ms', 'p99Ms'] });
    expect([stepSeconds, times.length]).toEqual([10, 4]);
    expect(series['answered']).toEqual([5, 5, 5, 5]);
    // Of twenty requests two took 100 ms.
    for (const value of series['p50Ms']!) expect(value).toBeCloseTo(1, 1);
    for (const value of series['p99Ms']!) expect(value! / 100).toBeCloseTo(1, 1);
  });

  it('picks the finest steps that reach back so far', () => {
    pass(20 * 60, () => sampleOf(1));
    expect(read({ fromMs: nowMs - 5 * minuteMs }).stepSeconds).toBe(1);
    expect(read({ fromMs: nowMs - 14 * minuteMs, maxPoints: 2000 }).stepSeconds).toBe(1);
    expect(read({ fromMs: nowMs - 19 * minuteMs, maxPoints: 2000 }).stepSeconds).toBe(10);
    expect(read({ fromMs: nowMs - 48 * hourMs, maxPoints: 2000 }).stepSeconds).toBe(300);
    expect(read({ fromMs: nowMs - 10 * minuteMs, maxPoints: 100 }).stepSeconds).toBe(7);
    expect(read({ fromMs: nowMs - 40 * 24 * hourMs, maxPoints: 100 }).stepSeconds % 300).toBe(0);
  });

  it('has the last moments also in coarse steps, before those are over', () => {
    pass(607, () => sampleOf(2));
    const { stepSeconds, series } = read({ fromMs: startMs - 47 * hourMs, maxPoints: 2000 });
    expect(stepSeconds).toBe(300);
    expect(series['answered']!.slice(-3)).toEqual([2, 2, 2]);
  });

  it('keeps each resolution for its time and no longer', () => {
    pass(3700, () => sampleOf(1));
    history.close();
    const database = openDatabase({ path, steps: [''], kind: 'rebuildable' });
    const counts = database.prepare('SELECT resolution, count(*) AS n FROM buckets GROUP BY 1 ORDER BY 1').all();
    database.close();
    expect(counts).toEqual([
      { resolution: 1, n: expect.toSatisfy((n: number) => n >= 900 && n <= 961) },
      { resolution: 10, n: 369 },
      { resolution: 300, n: 12 },
    ]);
  });

  it('makes coarse rows after a restart from what was left, and counts no second twice', () => {
    pass(25, () => sampleOf(3));
    history.close();
    history = open();
    nowMs += 40_000;
    pass(300, () => sampleOf(3));
    const { series } = read({ maxPoints: 37 });
    expect(series['answered']!.slice(0, 3)).toEqual([3, 3, 3]);
    expect(series['answered']!.slice(3, 6)).toEqual([null, null, null]);
    expect(new Set(series['answered']!.slice(7))).toEqual(new Set([3]));
  });

  it('lives through a clock that jumps forth and back', () => {
    pass(30, () => sampleOf(1));
    nowMs += 400 * 24 * hourMs;
    pass(30, () => sampleOf(1));
    nowMs = startMs + 60_000;
    pass(120, () => sampleOf(7));
    expect(read({ fromMs: nowMs - 50_000 }).series['answered']!.every((value) => value === 7)).toBe(true);
    expect(troubles).toEqual([]);
  });

  it('knows nothing of what it never saw', () => {
    pass(3, () => sampleOf(1));
    expect(read({ model: 'other' }).series['answered']).toEqual([null, null, null]);
    expect(() => read({ series: ['answred'] })).toThrow(/no series 'answred'/);
  });

  it('keeps the host and many models, but no more than its bound', () => {
    const many = new Map(Array.from({ length: 80 }, (_, index) => [index === 0 ? '' : `m${index}`, sampleOf(index)]));
    nowMs += 1000;
    history.append(nowMs, many);
    expect(read({ model: undefined }).series['answered']).toEqual([0]);
    const kept = [...many.keys()].filter((model) => read({ model }).series['answered']![0] !== null);
    expect(kept).toHaveLength(maxSubjects);
  });

  it('stays small: a busy model takes less than 9 MB when everything is full', () => {
    const busy: HistorySample = {
      sums: { answered: 1234, failed: 3, rejected: 2, cpuMs: 987 },
      levels: { queued: 12.5, inFlight: 4, copiesWanted: 3, copiesReady: 3, memoryBytes: 345_678_901 },
      latency: Array.from({ length: 25 }, (_, index) => [200 + index, 40 + index] as const),
    };
    pass(1800, () => busy);
    history.close();
    const database = openDatabase({ path, steps: [''], kind: 'rebuildable' });
    const bytes = database.prepare('SELECT avg(length(body)) FROM buckets').pluck().get() as number;
    database.close();
    expect((bytes + 20) * 18_180).toBeLessThan(9e6);
    expect(statSync(path).size).toBeLessThan(2e6);
  });

  it('says once that its file cannot be used, and goes on later', () => {
    mkdirSync(path);
    pass(5, () => sampleOf(1));
    expect(troubles).toHaveLength(1);
    rmSync(path, { recursive: true });
    pass(70, () => sampleOf(4));
    expect(troubles).toHaveLength(2);
    expect(read({ fromMs: nowMs - 3000 }).series['answered']).toEqual([4, 4, 4, 4]);
  });
});
