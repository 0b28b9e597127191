/**
 * The load test against servers whose behaviour is known, in the process of its own that it always has: what it says must be
 * what was done to it.
 */
import { describe, expect, it } from 'vitest';
import { runLoadProcess } from '../../server/loadtest/load-process.ts';
import { loadPlanSchema } from '../../server/protocol/admin/load-plan.ts';
import type { LoadPlanInput } from '../../server/protocol/admin/load-plan.ts';
import type { LoadMeasurement, LoadSnapshot } from '../../server/protocol/admin/load-result.ts';
import { childPids } from '../support/test-host.ts';
import { until } from '../support/host-process.ts';
import { openLoadTarget, oneByOne } from '../support/load-target.ts';

type Drive = LoadPlanInput['drive'];
const closed = (connections: number, durationMs: number): Drive => ({
  kind: 'closed',
  connections: [{ from: connections, to: connections, durationMs }],
});
const open = (perSecond: number, durationMs: number, to = perSecond): Drive => ({
  kind: 'open',
  perSecond: [{ from: perSecond, to, durationMs }],
});

async function measure(url: string, drive: Drive, more: Partial<LoadPlanInput> = {}): Promise<LoadMeasurement> {
  const plan = loadPlanSchema.parse({ url, model: 'm', warmUpMs: 200, drive, ...more });
  const { measurement, aborted } = await runLoadProcess(plan);
  expect(aborted).toBe(false);
  expect(await childPids()).toEqual([]);
  return measurement!;
}

describe('an open loop', () => {
  it('counts the wait for a server that stalls, which a closed loop leaves out', async () => {
    let stallUntilMs = Infinity;
    let startMs = Infinity;
    const stalling = (response: { end(text: string): void }, index: number): void => {
      const nowMs = performance.now();
      // The first is the check before the load.
      if (index <= 2) [startMs, stallUntilMs] = [nowMs, Infinity];
      // Answers at once, but for one second in which nothing is answered.
      if (stallUntilMs === Infinity && nowMs - startMs > 1500) stallUntilMs = nowMs + 1000;
      const waitMs = stallUntilMs === Infinity ? 0 : Math.max(0, stallUntilMs - nowMs);
      if (waitMs === 0) response.end('{}');
      else setTimeout(() => response.end('{}'), waitMs);
    };
    await using target = await openLoadTarget(stalling);
    const opened = await measure(target.url, open(100, 4000), { maxConnections: 4 });
    // A quarter of the requests were due within the stall, and wait half a second on average; few were sent.
    expect(opened.counts.due).toBe(400);
    expect(opened.counts.failed).toBe(0);
    expect(opened.latencyMs.p90).toBeGreaterThan(300);
    expect(opened.latencyMs.max).toBeGreaterThan(900);
    expect(opened.serviceMs.p90).toBeLessThan(opened.latencyMs.p90);
    expect(opened.generator.notes.join(' ')).toContain('4 connections');

    await using again = await openLoadTarget(stalling);
    const omitted = await measure(again.url, closed(4, 4000));
    expect(omitted.latencyMs.max).toBeGreaterThan(900);
    expect(omitted.latencyMs.p90).toBeLessThan(100);
  });

  it('sends at the rate that is asked for, ramp included, and measures how late it was itself', async () => {
    await using target = await openLoadTarget((response) => response.end('{}'));
    const { counts, duePerSecond, generator, timeline } = await measure(target.url, open(100, 3000, 500));
    expect(counts.due).toBe(900);
    expect(counts.answered).toBe(900);
    expect(duePerSecond).toBeCloseTo(300, 0);
    expect(generator.lagMaxMs).toBeGreaterThan(0);
    expect(generator.lagP50Ms).toBeLessThan(25);
    expect(timeline.at(-1)!.planned).toBeGreaterThan(timeline[0]!.planned * 2);
    // Warm-up and the check before it come on top.
    expect(target.received).toBe(900 + 20 + 1);
  });

  it('counts what it could not send because the server answers too slowly', async () => {
    await using target = await openLoadTarget(oneByOne(100));
    const { counts, failures, latencyMs } = await measure(target.url, open(50, 2000), {
      maxConnections: 2,
      timeoutMs: 1000,
      warmUpMs: 0,
    });
    expect(counts.due).toBe(100);
    expect(counts.answered + counts.failed).toBe(100);
    expect(counts.answered).toBeLessThan(35);
    expect(failures[0]).toMatchObject({ kind: 'not-sent' });
    expect(latencyMs.max).toBeGreaterThan(500);
  });
});

describe('a closed loop', () => {
  it('has so many requests in flight, and throughput and latency are those of the server', async () => {
    let inFlight = 0;
    let most = 0;
    await using target = await openLoadTarget((response) => {
      most = Math.max(most, (inFlight += 1));
      setTimeout(() => {
        inFlight -= 1;
        response.end('{}');
      }, 20);
    });
    const { answeredPerSecond, latencyMs, counts } = await measure(target.url, closed(5, 2000));
    expect(most).toBe(5);
    expect(latencyMs.min).toBeGreaterThanOrEqual(19);
    expect(latencyMs.p50).toBeLessThan(60);
    expect(answeredPerSecond * latencyMs.mean).toBeGreaterThan(5000 * 0.9);
    expect(answeredPerSecond * latencyMs.mean).toBeLessThan(5000 * 1.1);
    expect(counts.failed).toBe(0);
    // Those, and the two of the questions before.
    expect(target.connections).toBe(5 + 2);
  });

  it('goes through steps', async () => {
    await using target = await openLoadTarget((response) => setTimeout(() => response.end('{}'), 10));
    const steps = [1, 4, 2].map((count) => ({ from: count, to: count, durationMs: 800 }));
    const { timeline } = await measure(target.url, { kind: 'closed', connections: steps }, { warmUpMs: 0 });
    const at = (ms: number) => timeline.find(({ t }) => t >= ms)!.connections;
    expect([at(500), at(1300), at(2100)]).toEqual([1, 4, 2]);
  });

  it('sends different requests in turn', async () => {
    await using target = await openLoadTarget((response) => response.end('{}'));
    await measure(target.url, closed(2, 500), { distinct: 10 });
    expect(target.bodies.size).toBe(10);
  });
});

describe('failures', () => {
  it('are told apart by kind, with the words of the first', async () => {
    await using target = await openLoadTarget((response, index) => {
      switch (index % 5) {
        case 0:
          response.writeHead(503).end('{"error":"The queue is full.","code":"queue-full"}');
          break;
        case 2:
          response.writeHead(500).end('broken');
          break;
        case 3:
          response.destroy();
          break;
        case 4:
          break; // Never answered.
        default:
          response.end('{}');
      }
    });
    const { counts, failures } = await measure(target.url, open(50, 2000), { timeoutMs: 300, warmUpMs: 0 });
    expect(counts.answered + counts.failed).toBe(counts.due);
    const byKind = Object.fromEntries(failures.map(({ kind, count }) => [kind, count]));
    expect(Object.keys(byKind).toSorted()).toEqual(['connection-lost', 'http-500', 'http-503 queue-full', 'timeout']);
    for (const count of Object.values(byKind)) expect(count).toBe(20);
    expect(failures.find(({ kind }) => kind === 'http-500')!.example).toBe('broken');
  });

  it('of a server that goes away do not turn into a flood of attempts', async () => {
    const target = await openLoadTarget((response, index) => {
      response.end('{}');
      if (index === 50) void target[Symbol.asyncDispose]();
    });
    const { counts, failures } = await measure(target.url, closed(4, 1500));
    expect(failures.map(({ kind }) => kind)).toContain('connection-refused');
    expect(counts.failed).toBeGreaterThan(10);
    expect(counts.failed).toBeLessThan(200);
  });
});

describe('the search', () => {
  it('finds the rate that a server with one place can do', async () => {
    // 10 ms each: 100 per second; a timer is late by a millisecond or so.
    await using target = await openLoadTarget(oneByOne(10));
    const { answeredPerSecond } = await measure(target.url, closed(4, 2000));
    const plan = loadPlanSchema.parse({
      url: target.url,
      model: 'm',
      warmUpMs: 200,
      drive: { kind: 'search', percentile: 90, limitMs: 150, probeMs: 1500 },
    });
    const steps = new Set<string>();
    const result = await runLoadProcess(plan, { onProgress: ({ step }) => steps.add(step) });
    // On a busy machine the timers of the server are later, in the closed loop as well.
    expect(result.search!.perSecond).toBeGreaterThan(answeredPerSecond * 0.4);
    expect(result.search!.perSecond).toBeLessThan(115);
    expect(result.search!.failsAtPerSecond).toBeGreaterThan(result.search!.perSecond!);
    expect(result.measurement!.latencyMs.p90).toBeLessThanOrEqual(150);
    expect([...steps].some((step) => step.startsWith('Confirming'))).toBe(true);
  });
});

describe('a load test that is not wanted any more', () => {
  it('gives what it has when it is aborted, and leaves no process', async () => {
    await using target = await openLoadTarget((response) => response.end('{}'));
    const abort = new AbortController();
    let last: LoadSnapshot | undefined;
    const plan = loadPlanSchema.parse({ url: target.url, model: 'm', drive: closed(2, 60_000) });
    const startedMs = performance.now();
    const result = await runLoadProcess(plan, {
      signal: abort.signal,
      onProgress: (snapshot) => {
        last = snapshot;
        if (snapshot.answered > 100) abort.abort();
      },
    });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(result.aborted).toBe(true);
    expect(result.measurement!.counts.answered).toBeGreaterThan(100);
    expect(last!.connections).toBe(2);
    expect(await childPids()).toEqual([]);
  });

  it.each([
    ['a server that is not there', 'http://127.0.0.1:1', 'upstream-failed'],
    ['a public address', 'http://203.0.113.1', 'invalid-config'],
  ])('is refused for %s', async (_, url, code) => {
    const plan = loadPlanSchema.parse({ url, model: 'm', drive: closed(1, 1000) });
    await expect(runLoadProcess(plan)).rejects.toMatchObject({ code });
  });

  it('is refused where the server refuses the request, instead of measuring refusals', async () => {
    await using target = await openLoadTarget((response) =>
      response.writeHead(401).end('{"error":"A key is needed."}'),
    );
    const plan = loadPlanSchema.parse({ url: target.url, model: 'm', drive: closed(1, 1000) });
    await expect(runLoadProcess(plan)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('A key is needed') as string,
    });
    expect(target.received).toBe(1);
    await until('the process has gone', 5000, async () => (await childPids()).length === 0);
  });
});
