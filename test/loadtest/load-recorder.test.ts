import { describe, expect, it } from 'vitest';
import { LoadRecorder } from '../../server/loadtest/load-recorder.ts';

const gauges = { planned: 5, connections: 2, outstanding: 1 };
const recorder = () => new LoadRecorder({ beginMs: 1000, endMs: 3000, limitMs: 100 });

describe('a load recorder', () => {
  it('counts what is due within the measured time, the warm-up and the end aside', () => {
    const record = recorder();
    for (const dueMs of [999, 1000, 2999, 3000]) {
      record.begin(dueMs);
      record.send(dueMs, 10);
      record.answer(dueMs, dueMs + 1, dueMs + 5, 7);
    }
    expect(record.counts()).toEqual({ due: 2, sent: 2, answered: 2, failed: 0, bytesSent: 20, bytesReceived: 14 });
    expect(record.latency.count).toBe(2);
  });

  it('counts throughput by when answers come, whenever they were due', () => {
    const record = recorder();
    record.answer(500, 500, 1500, 1);
    record.answer(2900, 2900, 3100, 1);
    expect(record.answeredInTime()).toBe(1);
  });

  it('measures latency from when a request was due and service from when it was sent', () => {
    const record = recorder();
    record.answer(1000, 1400, 1410, 1);
    expect(record.latency.percentile(50)).toBeCloseTo(410, 0);
    expect(record.service.percentile(50)).toBeCloseTo(10, 1);
  });

  it('counts slow answers above the limit only', () => {
    const record = recorder();
    record.answer(1000, 1000, 1100, 1);
    record.answer(1000, 1000, 1101, 1);
    expect(record.slow).toBe(1);
  });

  it('tells failures apart by kind, most first, with the words of the first, and bounds their number', () => {
    const record = recorder();
    record.fail(1500, 'timeout', 'late');
    record.fail(1500, 'http-503', 'full');
    record.fail(1500, 'http-503', 'still full');
    record.fail(500, 'warm-up', 'not counted');
    expect(record.failures()).toEqual([
      { kind: 'http-503', count: 2, example: 'full' },
      { kind: 'timeout', count: 1, example: 'late' },
    ]);
    for (let index = 0; index < 100; index += 1) record.fail(1500, `kind-${index}`, 'x'.repeat(1000));
    expect(record.failures()).toHaveLength(51);
    expect(record.failures()[0]).toMatchObject({ kind: 'other', count: 52 });
    expect(record.failures().at(-1)!.example.length).toBeLessThanOrEqual(300);
  });

  it('draws the course over time from the answers of each interval', () => {
    const record = recorder();
    record.tick(1000, gauges);
    for (let index = 0; index < 10; index += 1) record.answer(1050, 1050, 1060, 1);
    record.tick(1200, gauges);
    record.tick(1250, gauges);
    record.fail(1300, 'timeout', '');
    record.tick(1500, gauges);
    expect(record.timeline()).toMatchObject([
      { t: 250, answeredPerSecond: 40, failedPerSecond: 0, planned: 5 },
      { t: 500, answeredPerSecond: 0, failedPerSecond: 4 },
    ]);
    expect(record.timeline()[0]!.p50Ms).toBeCloseTo(10, 1);
  });

  it('keeps a day in a bounded number of points', () => {
    const record = new LoadRecorder({ beginMs: 0, endMs: 86_400_000 });
    for (let ms = 0; ms < 86_400_000; ms += 5000) record.tick(ms, gauges);
    expect(record.timeline().length).toBeGreaterThan(1000);
    expect(record.timeline().length).toBeLessThanOrEqual(1200);
  });
});
