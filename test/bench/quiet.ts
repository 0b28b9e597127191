/**
 * Waits until the machine is idle, so that somebody else's work is not measured. Everything of a benchmark is idle between
 * two measurements, so whatever the processors do then is not ours.
 */
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** Looks this long at a time, milliseconds. */
const lookMs = 250;

/** Idle share of all cores above which the machine counts as quiet: one core in eight may be busy. */
const quietIdleShare = 0.875;

/** True when it is quiet; false when it was not within `limitMs`. */
export async function untilQuiet(limitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const before = processorTimes();
    await wait(lookMs);
    const after = processorTimes();
    const total = after.total - before.total;
    if (total === 0 || (after.idle - before.idle) / total >= quietIdleShare) return true;
    if (performance.now() >= deadlineMs) return false;
  }
}

function processorTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
