import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HistoryRecorder } from '../../server/host/history-recorder.ts';
import type { RecordedVersion } from '../../server/host/history-recorder.ts';
import { History } from '../../server/metrics/history.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';

const startMs = Date.parse('2026-03-01T10:00:00.200Z');

describe('the history recorder', () => {
  let folder: string;
  let history: History;
  let versions: RecordedVersion[];
  let recorder: HistoryRecorder;

  const version = (name: string, more: Partial<RecordedVersion> = {}): RecordedVersion => ({
    name,
    statistics: new ModelStatistics(),
    queued: 0,
    inFlight: 0,
    copiesWanted: 1,
    copiesReady: 1,
    replicas: [],
    ...more,
  });
  const answer = (statistics: ModelStatistics, totalMs: number): void =>
    statistics.recordAnswer({ totalMs, queueMs: 0, run: undefined }, 0);
  const read = (series: readonly string[], model?: string) =>
    history.read({ fromMs: startMs - 200, toMs: Date.now(), model, series }, Date.now()).series;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    vi.setSystemTime(startMs);
    folder = mkdtempSync(join(tmpdir(), 'recorder-'));
    history = new History({ path: join(folder, 'history.db'), onTrouble: () => {} });
    versions = [version('a')];
    recorder = new HistoryRecorder({
      history,
      versions: () => versions,
      machine: () => ({ physicalCores: 2, totalBytes: 8e9, availableBytes: 5e9, busyPercent: 41.6 }),
      graphics: () => [
        { name: 'one', utilizationPercent: 20, memoryUsedBytes: 1e9, memoryTotalBytes: 8e9 },
        { name: 'two', utilizationPercent: 60, memoryUsedBytes: undefined, memoryTotalBytes: undefined },
      ],
      connections: () => 7,
      now: Date.now,
    });
    recorder.start();
  });

  afterEach(() => {
    recorder.stop();
    history.close();
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  });

  it('records each second once, in its middle, what came since the one before', () => {
    const { statistics } = versions[0]!;
    answer(statistics, 5);
    vi.advanceTimersByTime(300);
    for (let index = 0; index < 4; index++) answer(statistics, 10);
    statistics.recordFailure('REJECTED', 1);
    statistics.recordCacheMiss(0.1);
    vi.advanceTimersByTime(1000);
    vi.advanceTimersByTime(1500);
    const { answered, rejected, p50Ms } = read(['answered', 'rejected', 'p50Ms'], 'a');
    // What had been answered before the first look belongs to no second.
    expect(answered).toEqual([0, 4, 0]);
    expect(rejected).toEqual([0, 1, 0]);
    expect(read(['cacheMisses', 'cacheHits'], 'a')).toEqual({ cacheMisses: [0, 1, 0], cacheHits: [0, 0, 0] });
    expect(p50Ms).toEqual([null, expect.closeTo(10, 0), null]);
  });

  it('adds up the versions of a model, and all models for the host', () => {
    versions = [version('a', { queued: 2 }), version('a', { queued: 3, copiesReady: 2 }), version('b', { queued: 4 })];
    vi.advanceTimersByTime(300);
    for (const { statistics } of versions) answer(statistics, 1);
    vi.advanceTimersByTime(1000);
    expect(read(['queued', 'copiesReady', 'answered'], 'a')).toEqual({
      queued: [5, 5],
      copiesReady: [3, 3],
      answered: [0, 2],
    });
    expect(read(['queued', 'answered', 'connections', 'busyPercent', 'availableBytes'])).toEqual({
      queued: [9, 9],
      answered: [0, 3],
      connections: [7, 7],
      busyPercent: [42, 42],
      availableBytes: [5e9, 5e9],
    });
  });

  it('tells the mean of graphics processors and the memory of those that say', () => {
    vi.advanceTimersByTime(300);
    expect(read(['gpuPercent', 'gpuMemoryBytes'])).toEqual({ gpuPercent: [40], gpuMemoryBytes: [1e9] });
  });

  it('counts the CPU time of a replica from its first second on, and none twice', () => {
    const cpuMs = { value: 300 };
    const replica = {
      pid: 2 ** 30,
      rssBytes: 5e7,
      get cpu() {
        return { cpuMs: cpuMs.value };
      },
    };
    versions = [version('a', { replicas: [replica] })];
    vi.advanceTimersByTime(300);
    cpuMs.value = 900;
    vi.advanceTimersByTime(1000);
    expect(read(['replicaCpuCores', 'memoryBytes'], 'a')).toEqual({
      replicaCpuCores: [0.3, 0.6],
      memoryBytes: [5e7, 5e7],
    });
  });

  it('records nothing once it has stopped', () => {
    recorder.stop();
    vi.advanceTimersByTime(5000);
    expect(vi.getTimerCount()).toBe(0);
    expect(new Set(read(['answered'], 'a')['answered'])).toEqual(new Set([null]));
  });
});
