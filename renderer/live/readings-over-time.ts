/** The past that the host keeps and what this page has heard since, as one set of readings. Pure. */
import type { HistoryView } from '../../server/protocol/admin/history-view.ts';
import { readingNames } from './readings.ts';
import type { ReadingName } from './readings.ts';

/** Of each column as many values as there are `seconds`; NaN where nothing is known. */
export type Readings = Readonly<Record<ReadingName, readonly number[]>>;

/** Lengths of time that can be looked at, seconds: what the history keeps in steps that a chart can show. */
export const ranges = { quarter: 900, hour: 3600, day: 86_400, month: 2_592_000 } as const;
export type Range = keyof typeof ranges;

/** What the history must be asked for. */
export const historySeries = [
  'answered',
  'failed',
  'rejected',
  'wrong',
  'canceled',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'queued',
  'inFlight',
  'copiesReady',
  'copiesWanted',
  'memoryBytes',
  'busyPercent',
  'gpuPercent',
  'gpuMemoryBytes',
].join(',');

export function fromHistory({ times, series }: HistoryView): Readings {
  const column = (name: string): number[] => times.map((_, at) => series[name]?.[at] ?? Number.NaN);
  const failures = sumOf(times.length, ['failed', 'rejected', 'wrong', 'canceled'].map(column));
  return {
    seconds: times,
    requestsPerSecond: sumOf(times.length, [column('answered'), failures]),
    failuresPerSecond: failures,
    p50Ms: column('p50Ms'),
    p95Ms: column('p95Ms'),
    p99Ms: column('p99Ms'),
    queued: column('queued'),
    inFlight: column('inFlight'),
    copiesReady: column('copiesReady'),
    copiesWanted: column('copiesWanted'),
    memoryBytes: column('memoryBytes'),
    cpuPercent: column('busyPercent'),
    gpuPercent: column('gpuPercent'),
    gpuMemoryBytes: column('gpuMemoryBytes'),
  };
}

/** A sum is a gap where its first part is one. */
function sumOf(length: number, columns: readonly (readonly number[])[]): number[] {
  return Array.from({ length }, (_, at) => columns.reduce((sum, column) => sum + column[at]!, 0));
}

/** The past up to where the live readings begin, then those; nothing older than `fromSeconds`. */
export function joinReadings(past: Readings | undefined, live: Readings, fromSeconds: number): Readings {
  const liveFrom = live.seconds[0] ?? Number.POSITIVE_INFINITY;
  const pastPlaces = placesWhere(past?.seconds ?? [], (second) => second >= fromSeconds && second < liveFrom);
  const livePlaces = placesWhere(live.seconds, (second) => second >= fromSeconds);
  const entries = readingNames.map((name) => [
    name,
    [...pastPlaces.map((at) => past![name][at]!), ...livePlaces.map((at) => live[name][at]!)],
  ]);
  return Object.fromEntries(entries) as Readings;
}

function placesWhere(seconds: readonly number[], isWanted: (second: number) => boolean): number[] {
  return seconds.flatMap((second, at) => (isWanted(second) ? [at] : []));
}
