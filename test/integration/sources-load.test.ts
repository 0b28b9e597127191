/** What a large download costs the host beside it. The bounds are wide, because tests have neighbours; test/bench has the figures. */
import { describe, expect, it } from 'vitest';
import { measureSyncLoad } from '../support/sync-load.ts';

describe.skipIf(process.platform !== 'linux')('a download of a hundred megabytes', () => {
  it('costs the host little memory, and no request', { timeout: 300_000 }, async () => {
    const result = await measureSyncLoad({ megabytes: 100, where: 'beside', pauseMs: 50, quietMs: 4000 });
    expect(result).toMatchObject({ outcome: 'done', sentence: 'The source factory brought large 1.' });
    expect(result.bytes).toBeGreaterThan(100e6);
    expect(result.before.failed + result.during.failed + result.after.failed).toBe(0);
    expect(result.during.requests).toBeGreaterThan(20);
    expect(result.rssPeakBytes - result.rssBeforeBytes).toBeLessThan(64e6);
    // Twice as long where the machine is quiet, and 200 ms for those who share it.
    const usualMs = Math.max(result.before.p99Ms, result.after.p99Ms);
    expect(result.during.p99Ms).toBeLessThan(2 * usualMs + 200);
  });
});
