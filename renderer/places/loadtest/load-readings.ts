/** The lines of a load test's charts: from its moments as they come, and from its result once it is done. Pure. */
import type { LoadMoment, LoadSnapshot } from '../../../server/protocol/admin/load-result.ts';
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import { durationText, rateText } from '../../format/format.ts';
import type { ChartKind, ChartReadings } from '../monitor/chart-lines.ts';

export type LoadReading = 'planned' | 'answered' | 'failed' | 'p50Ms' | 'p99Ms';
export type LoadReadings = ChartReadings<LoadReading>;

type Measured = Omit<LoadSnapshot, 'step'>;

/** One look at a test that runs. */
export interface LoadPoint {
  readonly seconds: number;
  readonly measured: Measured;
}

/** A test of a day at one look per second is not watched; an hour is. */
const maxPoints = 3600;

/** The points after a look at the job; the same list where there is nothing new. */
export function addPoint(points: readonly LoadPoint[], job: JobView, seconds: number): readonly LoadPoint[] {
  const measured = job.progress.measured as Measured | undefined;
  if (job.state !== 'running' || measured === undefined) return points;
  const last = points.at(-1);
  if (last !== undefined && (last.measured.elapsedMs === measured.elapsedMs || last.seconds === seconds)) return points;
  return [...points, { seconds, measured }].slice(-maxPoints);
}

/** Of a test that runs. Requests that failed are counted, so their rate is the difference of two looks. */
export function liveReadings(points: readonly LoadPoint[], isClosed: boolean): LoadReadings {
  const failed = points.map(({ seconds, measured }, at) => {
    const before = points[at - 1];
    if (before === undefined || before.measured.failed > measured.failed) return 0;
    return (measured.failed - before.measured.failed) / Math.max(1, seconds - before.seconds);
  });
  return {
    seconds: points.map((point) => point.seconds),
    // What a closed loop plans is a number of connections, which has no place on an axis of rates.
    planned: points.map(({ measured }) => (isClosed ? Number.NaN : measured.planned)),
    answered: points.map(({ measured }) => measured.answeredPerSecond),
    failed,
    p50Ms: points.map(({ measured }) => measured.p50Ms || Number.NaN),
    p99Ms: points.map(({ measured }) => measured.p99Ms || Number.NaN),
  };
}

/** Of a test that is done; more exact than what came while it ran. */
export function resultReadings(startedAt: string, timeline: readonly LoadMoment[], isClosed: boolean): LoadReadings {
  const startSeconds = Date.parse(startedAt) / 1000;
  return {
    seconds: timeline.map(({ t }) => startSeconds + t / 1000),
    planned: timeline.map(({ planned }) => (isClosed ? Number.NaN : planned)),
    answered: timeline.map(({ answeredPerSecond }) => answeredPerSecond),
    failed: timeline.map(({ failedPerSecond }) => failedPerSecond),
    p50Ms: timeline.map(({ p50Ms }) => p50Ms || Number.NaN),
    p99Ms: timeline.map(({ p99Ms }) => p99Ms || Number.NaN),
  };
}

export function loadCharts(isClosed: boolean): readonly ChartKind<LoadReading>[] {
  return isClosed ? closedCharts : openCharts;
}

const timeChart: ChartKind<LoadReading> = {
  key: 'times',
  title: 'monitor.times',
  text: (value) => durationText(value),
  lines: [
    { reading: 'p50Ms', name: 'monitor.p50', color: '--context-line' },
    { reading: 'p99Ms', name: 'monitor.p99', color: '--running' },
  ],
};

const rateLines: ChartKind<LoadReading>['lines'] = [
  { reading: 'answered', name: 'load.answered', color: '--accent' },
  { reading: 'failed', name: 'monitor.failed', color: '--action', isDashed: true },
];

const rateChart = { key: 'requests', title: 'monitor.requests', text: (value: number) => rateText(value) } as const;

const closedCharts: readonly ChartKind<LoadReading>[] = [{ ...rateChart, lines: rateLines }, timeChart];
const openCharts: readonly ChartKind<LoadReading>[] = [
  {
    ...rateChart,
    lines: [{ reading: 'planned', name: 'load.planned', color: '--context-line', isDashed: true }, ...rateLines],
  },
  timeChart,
];
