/** A plan in words: for titles, reports and the list of jobs. Pure. */
import type { LoadPlan, Stage } from '../protocol/admin/load-plan.ts';
import { totalMs } from './stages.ts';

export function planText({ drive, format, api, rows }: LoadPlan): string {
  const form = api === 'predict' ? '/predict' : format === 'json' ? 'JSON' : 'binary';
  const what = `${form}${rows > 1 ? `, ${rows} rows per request` : ''}`;
  switch (drive.kind) {
    case 'closed':
      return `Closed loop, ${shapeText(drive.connections)} connections for ${durationText(totalMs(drive.connections))}, ${what}`;
    case 'open':
      return `Open loop (${drive.arrival}), ${shapeText(drive.perSecond)} requests per second for ${durationText(totalMs(drive.perSecond))}, ${what}`;
    case 'search':
      return `Search for the highest rate with p${drive.percentile} within ${drive.limitMs} ms (${drive.arrival} arrivals), ${what}`;
  }
}

function shapeText(stages: readonly Stage[]): string {
  const [first] = stages;
  if (stages.length === 1)
    return first!.from === first!.to ? String(round(first!.from)) : `${round(first!.from)} to ${round(first!.to)}`;
  const values = stages.flatMap(({ from, to }) => [from, to]);
  return `${round(Math.min(...values))} to ${round(Math.max(...values))} (${stages.length} steps)`;
}

export function durationText(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${round(seconds)} s`;
  return seconds < 7200 ? `${round(seconds / 60)} min` : `${round(seconds / 3600)} h`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
