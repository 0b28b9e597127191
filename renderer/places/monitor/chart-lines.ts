/** Which charts there are, their lines, and what stands in their legends. Pure. */
import { bytesText, durationText, formatNumber, figureText, percentFigure, rateText } from '../../format/format.ts';
import type { ReadingName } from '../../live/readings.ts';
import type { PlainTextKey } from '../../texts/t.ts';

export interface ChartLine<Reading extends string = ReadingName> {
  readonly reading: Reading;
  readonly name: PlainTextKey;
  /** Custom property of the theme that colors it. */
  readonly color: `--${string}`;
  readonly isStepped?: boolean;
  readonly isDashed?: boolean;
}

export interface ChartKind<Reading extends string = ReadingName> {
  readonly key: string;
  readonly title: PlainTextKey;
  readonly lines: readonly ChartLine<Reading>[];
  text(value: number): string;
  readonly canBeLog?: boolean;
  /** Only of the whole host. */
  readonly isHostOnly?: boolean;
  /** Only where there is anything to show: a machine without graphics processors has no such chart. */
  readonly isOptional?: boolean;
  readonly max?: number;
  /** Things that are counted: the axis has whole steps. */
  readonly isWhole?: boolean;
}

/** Of each column as many values as there are `seconds`; NaN where nothing is known. */
export type ChartReadings<Reading extends string> = Readonly<Record<Reading | 'seconds', readonly number[]>>;

export const chartKinds: readonly ChartKind[] = [
  {
    key: 'requests',
    title: 'monitor.requests',
    text: (value) => rateText(value),
    lines: [
      { reading: 'requestsPerSecond', name: 'monitor.all', color: '--accent' },
      { reading: 'failuresPerSecond', name: 'monitor.failed', color: '--action', isDashed: true },
    ],
  },
  {
    key: 'times',
    title: 'monitor.times',
    text: (value) => durationText(value),
    canBeLog: true,
    lines: [
      { reading: 'p50Ms', name: 'monitor.p50', color: '--context-line' },
      { reading: 'p95Ms', name: 'monitor.p95', color: '--accent' },
      { reading: 'p99Ms', name: 'monitor.p99', color: '--running' },
    ],
  },
  {
    key: 'queue',
    isWhole: true,
    title: 'monitor.queue',
    text: (value) => formatNumber(value),
    lines: [
      { reading: 'queued', name: 'monitor.waiting', color: '--attention' },
      { reading: 'inFlight', name: 'monitor.inFlight', color: '--accent' },
    ],
  },
  {
    key: 'copies',
    isWhole: true,
    title: 'monitor.copiesChart',
    text: (value) => formatNumber(value),
    lines: [
      { reading: 'copiesWanted', name: 'monitor.wanted', color: '--context-line', isStepped: true, isDashed: true },
      { reading: 'copiesReady', name: 'monitor.ready', color: '--accent', isStepped: true },
    ],
  },
  {
    key: 'memory',
    title: 'monitor.memory',
    text: (value) => bytesText(value),
    lines: [{ reading: 'memoryBytes', name: 'monitor.used', color: '--accent' }],
  },
  {
    key: 'cpu',
    title: 'monitor.cpu',
    text: (value) => figureText(percentFigure(value)),
    isHostOnly: true,
    max: 100,
    lines: [{ reading: 'cpuPercent', name: 'monitor.cpuUse', color: '--accent' }],
  },
  {
    key: 'gpu',
    title: 'monitor.gpu',
    text: (value) => figureText(percentFigure(value)),
    isHostOnly: true,
    isOptional: true,
    max: 100,
    lines: [{ reading: 'gpuPercent', name: 'monitor.gpuUse', color: '--accent' }],
  },
  {
    key: 'gpuMemory',
    title: 'monitor.gpuMemory',
    text: (value) => bytesText(value),
    isHostOnly: true,
    isOptional: true,
    lines: [{ reading: 'gpuMemoryBytes', name: 'monitor.gpuMemoryUsed', color: '--accent' }],
  },
];

export interface LineSummary {
  readonly now: number;
  readonly average: number;
  readonly most: number;
}

/** Of the readings that are there; NaN where none is. */
export function summarize(values: readonly number[]): LineSummary {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return { now: Number.NaN, average: Number.NaN, most: Number.NaN };
  return {
    now: values.at(-1)!,
    average: known.reduce((sum, value) => sum + value, 0) / known.length,
    most: Math.max(...known),
  };
}
