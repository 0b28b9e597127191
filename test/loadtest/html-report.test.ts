import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../server/loadtest/html-report.ts';
import { loadPlanSchema } from '../../server/protocol/admin/load-plan.ts';
import type { LoadResult } from '../../server/protocol/admin/load-result.ts';

const latency = {
  count: 9,
  min: 1,
  mean: 2,
  stdDev: 1,
  p50: 1.5,
  p75: 2,
  p90: 3,
  p95: 4,
  p99: 5,
  p999: 6,
  p9999: 7,
  max: 8,
};
const moment = {
  planned: 10,
  sentPerSecond: 10,
  answeredPerSecond: 9,
  failedPerSecond: 1,
  p50Ms: 1,
  p99Ms: 5,
  connections: 2,
  outstanding: 1,
};

function resultOf(drive: object, more: Partial<LoadResult> = {}): LoadResult {
  const plan = loadPlanSchema.parse({
    url: 'http://127.0.0.1:1',
    model: 'iris',
    headers: { 'X-Key': 'secret-key' },
    drive,
  });
  return {
    version: 1,
    plan,
    target: { url: plan.url, address: '127.0.0.1:1', inputs: 'samples', bodyBytes: 99, distinct: 3 },
    measurement: {
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 1000,
      duePerSecond: 10,
      answeredPerSecond: 9,
      counts: { due: 10, sent: 10, answered: 9, failed: 1, bytesSent: 1, bytesReceived: 1 },
      latencyMs: latency,
      serviceMs: { ...latency, p50: 1.25 },
      percentiles: [
        [0, 1],
        [90, 3],
        [99, 5],
      ],
      failures: [{ kind: 'http-500', count: 1, example: '<img src=x onerror=alert(1)>' }],
      timeline: [
        { ...moment, t: 250 },
        { ...moment, t: 500 },
      ],
      generator: {
        cpuPercent: 10,
        busyPercent: 20,
        machinePercent: 50,
        lagP50Ms: 0.1,
        lagP99Ms: 0.2,
        lagMaxMs: 0.3,
        isLimit: true,
        notes: ['The generator is the limit: no time.'],
      },
    },
    search: undefined,
    aborted: false,
    ...more,
  };
}

const closed = { kind: 'closed', connections: [{ from: 2, to: 2, durationMs: 1000 }] };
const open = { kind: 'open', perSecond: [{ from: 10, to: 10, durationMs: 1000 }] };

describe('the report', () => {
  const page = htmlReport(resultOf(open), 'Made by a test.');

  it('holds nothing that runs or is loaded, whatever a server answered', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+="/i);
    expect([...page.matchAll(/(?:href|src)=/g)]).toHaveLength(1); // Only in the escaped text of the failure.
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).toContain("default-src 'none'");
  });

  it('shows figures, failures, plots and what the generator cost, and warns where it was the limit', () => {
    for (const text of [
      'iris',
      'http-500',
      'p99.99',
      'Latency by percentile',
      'Requests per second',
      '10 % of one core',
      'class="warning">The generator is the limit',
    ])
      expect(page).toContain(text);
    expect(page.match(/<svg /g)).toHaveLength(4);
  });

  it('shows no key', () => expect(page).not.toContain('secret-key'));

  it('tells waiting from service in an open loop only', () => {
    expect(page).toContain('From due to answered');
    expect(page).toContain('1.25');
    expect(htmlReport(resultOf(closed), '')).not.toContain('From due to answered');
  });

  it('shows the trials of a search, and that nothing was measured where nothing held', () => {
    const search = {
      perSecond: undefined,
      failsAtPerSecond: 1,
      sentence: 'No rate was found.',
      probes: [
        {
          perSecond: 100,
          purpose: 'bracket' as const,
          holds: false,
          latencyMs: 80,
          errorPercent: 0,
          reason: 'p99 is 80 ms.',
        },
      ],
    };
    const text = htmlReport(
      resultOf({ kind: 'search', percentile: 99, limitMs: 50 }, { search, measurement: undefined, aborted: true }),
      '',
    );
    for (const words of [
      'No rate was found.',
      'p99 is 80 ms.',
      'Nothing was measured',
      'ended before its time',
      'p99 by rate',
    ])
      expect(text).toContain(words);
  });
});
