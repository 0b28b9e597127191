/** One chart over time: a thin wrapper of uPlot with a legend of its own that screen readers can read. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { t } from '../../texts/t.ts';
import type { ChartKind, ChartLine } from './chart-lines.ts';
import { summarize } from './chart-lines.ts';
import styles from './TimeChart.module.css';

interface TimeChartProps {
  readonly kind: ChartKind;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** One array per line of the kind. */
  readonly values: readonly (readonly number[])[];
  readonly isLog: boolean;
  /** Charts of one name share the cursor. */
  readonly cursorName: string;
  /** Drawn anew when the theme changes. */
  readonly themeKey: string;
}

const chartHeight = 168;

export function TimeChart({ kind, times, values, isLog, cursorName, themeKey }: TimeChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = holder.current!;
    const made = new uPlot(optionsOf(kind, element, isLog, cursorName), [[], ...kind.lines.map(() => [])], element);
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
    // uPlot draws null as a gap.
    const columns = values.map((column) =>
      column.map((value) => (Number.isNaN(value) || (isLog && value <= 0) ? null : value)),
    );
    plot.current?.setData([[...times], ...columns]);
  }, [times, values, isLog, themeKey]);
  return (
    <figure className={styles.chart}>
      <div ref={holder} className={styles.holder} aria-hidden="true" translate="no" />
      <figcaption className={styles.legend}>
        {kind.lines.map((line, index) => (
          <LegendLine key={line.reading} line={line} values={values[index] ?? []} kind={kind} />
        ))}
      </figcaption>
    </figure>
  );
}

interface LegendLineProps {
  readonly line: ChartLine;
  readonly values: readonly number[];
  readonly kind: ChartKind;
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

function optionsOf(kind: ChartKind, element: HTMLElement, isLog: boolean, cursorName: string): uPlot.Options {
  const theme = getComputedStyle(element);
  const color = (name: string): string => theme.getPropertyValue(name).trim();
  const font = `11px ${theme.fontFamily}`;
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
    padding: [10, 8, 0, 0],
    scales: {
      x: { time: true },
      y: isLog ? { distr: 3 } : { range: (_plot, _min, max) => [0, kind.max ?? (max > 0 ? max * 1.1 : 1)] },
    },
    axes: [
      { ...axis, space: 70 },
      {
        ...axis,
        size: 62,
        values: (_plot, ticks) => ticks.map((value) => (value === null ? '' : kind.text(value))),
        ...(isLog ? {} : { space: 34 }),
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
