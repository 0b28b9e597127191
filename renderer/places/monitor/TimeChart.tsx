/** One chart over time: a thin wrapper of uPlot with a legend of its own that screen readers can read. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { t } from '../../texts/t.ts';
import type { ChartKind, ChartLine, ChartReadings } from './chart-lines.ts';
import { summarize } from './chart-lines.ts';
import styles from './TimeChart.module.css';

interface TimeChartProps<Reading extends string> {
  readonly kind: ChartKind<Reading>;
  readonly readings: ChartReadings<NoInfer<Reading>>;
  /** What the chart spans, seconds since 1970. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Events that are marked where they happened. */
  readonly markers: readonly HostEvent[];
  readonly isLog: boolean;
  /** Charts of one name share the cursor. */
  readonly cursorName: string;
  /** Drawn anew when the theme changes. */
  readonly themeKey: string;
}

const chartHeight = 168;

export function TimeChart<Reading extends string>(props: TimeChartProps<Reading>) {
  const { kind, readings, fromSeconds, toSeconds, markers, isLog, cursorName, themeKey } = props;
  const marked = useRef<readonly HostEvent[]>(markers);
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = holder.current!;
    const made = new uPlot(
      optionsOf(kind, element, isLog, cursorName, marked),
      [[], ...kind.lines.map(() => [])],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: chartHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [kind, isLog, cursorName, themeKey]);
  useEffect(() => {
    marked.current = markers;
    // uPlot draws null as a gap.
    const columns = kind.lines.map(({ reading }) =>
      readings[reading].map((value) => (Number.isNaN(value) || (isLog && value <= 0) ? null : value)),
    );
    plot.current?.setData([[...readings.seconds], ...columns], false);
    plot.current?.setScale('x', { min: fromSeconds, max: toSeconds });
  }, [kind, readings, fromSeconds, toSeconds, markers, isLog, themeKey]);
  return (
    <figure className={styles.chart}>
      <div ref={holder} className={styles.holder} aria-hidden="true" translate="no" />
      <figcaption className={styles.legend}>
        {kind.lines.map((line) => (
          <LegendLine key={line.reading} line={line} values={readings[line.reading]} kind={kind} />
        ))}
      </figcaption>
    </figure>
  );
}

interface LegendLineProps {
  readonly line: ChartLine<string>;
  readonly values: readonly number[];
  readonly kind: Pick<ChartKind<string>, 'text'>;
}

function LegendLine({ line, values, kind }: LegendLineProps) {
  const { now, average, most } = summarize(values);
  return (
    <span className={styles.line}>
      <svg className={styles.swatch} viewBox="0 0 18 4" aria-hidden="true">
        <path
          d="M0 2H18"
          stroke={`var(${line.color})`}
          strokeWidth="3"
          strokeDasharray={line.isDashed === true ? '5 3' : undefined}
        />
      </svg>
      <strong>{t(line.name)}</strong>
      <span>{t('monitor.legendNow', { value: kind.text(now) })}</span>
      <span>{t('monitor.legendAverage', { value: kind.text(average) })}</span>
      <span>{t('monitor.legendMax', { value: kind.text(most) })}</span>
    </span>
  );
}

function optionsOf(
  kind: ChartKind<string>,
  element: HTMLElement,
  isLog: boolean,
  cursorName: string,
  marked: { readonly current: readonly HostEvent[] },
): uPlot.Options {
  const color = (name: string): string => resolvedColor(element, name);
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: color('--text-faint'),
    font,
    grid: { stroke: color('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 120),
    height: chartHeight,
    legend: { show: false },
    cursor: { sync: { key: cursorName }, points: { size: 7 }, drag: { x: false, y: false } },
    padding: [10, 26, 0, 0],
    hooks: { draw: [(plot) => drawMarkers(plot, marked.current, color('--attention'))] },
    scales: {
      x: { time: true },
      y: isLog ? { distr: 3 } : { range: (_plot, _min, max) => [0, kind.max ?? (max > 0 ? max * 1.1 : 1)] },
    },
    axes: [
      { ...axis, size: 26, space: 74, values: (plot, ticks) => ticks.map((tick) => tickText(tick, plot)) },
      {
        ...axis,
        size: 62,
        values: (_plot, ticks) => ticks.map((value) => (value === null ? '' : kind.text(value))),
        ...(isLog ? {} : { space: 34 }),
        ...(kind.isWhole === true && { incrs: wholeSteps }),
      },
    ],
    series: [
      {},
      ...kind.lines.map((line): uPlot.Series => {
        const steps = line.isStepped === true ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
        return {
          label: t(line.name),
          stroke: color(line.color),
          width: 1.75,
          points: { show: false },
          spanGaps: false,
          ...(line.isDashed === true && { dash: [6, 4] }),
          ...(steps !== undefined && { paths: steps }),
        };
      }),
    ],
  };
}

/** Steps of an axis of things that are counted. */
const wholeSteps = [1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]);

/** A chart of a few minutes tells seconds apart. */
const secondsBelow = 300;

/** Time of day; the date where the chart spans days. */
function tickText(seconds: number, { scales }: uPlot): string {
  const span = (scales['x']?.max ?? 0) - (scales['x']?.min ?? 0);
  const time = new Date(seconds * 1000);
  return span > 2 * 86_400
    ? time.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })
    : time.toLocaleTimeString(undefined, {
        hour: '2-digit',
        minute: '2-digit',
        ...(span < secondsBelow && { second: '2-digit' }),
      });
}

/** A line at each event, with a small flag at its top. */
function drawMarkers(plot: uPlot, events: readonly HostEvent[], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = devicePixelRatio;
  for (const { at } of events) {
    const x = Math.round(plot.valToPos(Date.parse(at) / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, bbox.top, 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** What a color of the theme is now: a canvas knows neither custom properties nor schemes. */
function resolvedColor(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
