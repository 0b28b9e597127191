/** The result of a load test as one HTML file that needs nothing else: plots as SVG, no script, no network. Pure. */
import type { LatencySummary, LoadMeasurement, LoadResult, SearchReport } from '../protocol/admin/load-result.ts';
import type { LoadPlan } from '../protocol/admin/load-plan.ts';
import { escapeText, lineChart } from '../plot/line-chart.ts';
import { planText } from './plan-text.ts';

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
  table { border-collapse: collapse; margin: .5rem 0 1rem } th, td { border: 1px solid #ddd; padding: .25rem .6rem; text-align: right }
  th:first-child, td:first-child, td.text { text-align: left } th { background: #f5f5f5; font-weight: 600 }
  .warning { border-left: 4px solid #b00020; padding: .4rem .8rem; background: #fdf1f2 }
  svg { max-width: 100%; height: auto; display: block; margin: .5rem 0 1.5rem } pre { background: #f5f5f5; padding: .8rem; overflow: auto; font-size: 12px }`;

export function htmlReport(result: LoadResult, madeBy: string): string {
  const { plan, target, measurement, search, aborted } = result;
  const title = `Load test of ${plan.model}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    // Whatever a server's error texts hold: nothing here runs or loads anything.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeText(title)}</h1>`,
    `<p>${escapeText(planText(plan))}. Target ${escapeText(target.url)} (${escapeText(target.address)}), ${target.distinct} different requests from ${target.inputs === 'samples' ? 'samples' : 'random numbers'}, ${target.bodyBytes} bytes each.</p>`,
    ...(aborted ? ['<p class="warning">The test was ended before its time.</p>'] : []),
    ...(search === undefined ? [] : searchPart(search, plan)),
    ...(measurement === undefined ? ['<p>Nothing was measured.</p>'] : measuredPart(measurement, plan, search)),
    '<h2>Settings</h2>',
    // Headers may hold a key.
    `<pre>${escapeText(JSON.stringify({ ...plan, headers: Object.keys(plan.headers) }, undefined, 2))}</pre>`,
    `<p>${escapeText(madeBy)}</p>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function measuredPart(measurement: LoadMeasurement, plan: LoadPlan, search: SearchReport | undefined): string[] {
  const { counts, latencyMs, serviceMs, failures, timeline, generator, percentiles } = measurement;
  const isOpen = plan.drive.kind !== 'closed';
  const seconds = (pick: (moment: (typeof timeline)[number]) => number): (readonly [number, number])[] =>
    timeline.map((moment) => [moment.t / 1000, pick(moment)]);
  const limit =
    plan.drive.kind === 'search' ? { y: plan.drive.limitMs, label: `p${plan.drive.percentile} goal` } : undefined;
  return [
    `<h2>${search === undefined ? 'Result' : 'At the rate that was found'}</h2>`,
    ...generator.notes.map((note) => `<p class="warning">${escapeText(note)}</p>`),
    tableOf(
      ['', 'Requests', 'Per second'],
      [
        ...(isOpen ? [['Due', count(counts.due), rate(measurement.duePerSecond)]] : []),
        ['Answered', count(counts.answered), rate(measurement.answeredPerSecond)],
        ['Failed', count(counts.failed), rate((counts.failed * 1000) / measurement.durationMs)],
      ],
    ),
    latencyTable([
      [isOpen ? 'From due to answered' : 'From sent to answered', latencyMs],
      ...(isOpen ? [['From sent to answered', serviceMs] as const] : []),
    ]),
    ...(failures.length === 0
      ? []
      : [
          '<h2>Failures</h2>',
          tableOf(
            ['Kind', 'Count', 'First'],
            failures.map(({ kind, count: times, example }) => [kind, count(times), example]),
          ),
        ]),
    '<h2>Over time</h2>',
    lineChart({
      title: 'Requests per second',
      xLabel: 'seconds',
      yLabel: 'per second',
      series: [
        { name: 'answered', points: seconds(({ answeredPerSecond }) => answeredPerSecond) },
        ...(isOpen ? [{ name: 'due', points: seconds(({ planned }) => planned) }] : []),
        ...(counts.failed > 0 ? [{ name: 'failed', points: seconds(({ failedPerSecond }) => failedPerSecond) }] : []),
      ],
    }),
    lineChart({
      title: 'Latency',
      xLabel: 'seconds',
      yLabel: 'milliseconds',
      yScale: 'log',
      series: [
        { name: 'p50', points: seconds(({ p50Ms }) => p50Ms) },
        { name: 'p99', points: seconds(({ p99Ms }) => p99Ms) },
      ],
      limit,
    }),
    lineChart({
      title: 'Requests in flight and waiting',
      xLabel: 'seconds',
      yLabel: 'requests',
      series: [
        { name: 'in flight and waiting', points: seconds(({ outstanding }) => outstanding) },
        { name: 'connections', points: seconds(({ connections }) => connections) },
      ],
    }),
    '<h2>Distribution</h2>',
    lineChart({
      title: 'Latency by percentile',
      xLabel: 'percent of the requests',
      yLabel: 'milliseconds',
      xScale: 'nines',
      yScale: 'log',
      series: [{ name: isOpen ? 'from due to answered' : 'from sent to answered', points: percentiles }],
      limit,
    }),
    '<h2>The generator</h2>',
    `<p>${escapeText(generatorText(measurement))}</p>`,
  ];
}

/** What the test itself cost, in one or two sentences. */
export function generatorText({ generator }: LoadMeasurement): string {
  const { cpuPercent, busyPercent, machinePercent, lagP50Ms, lagP99Ms, lagMaxMs } = generator;
  const lag =
    lagMaxMs === 0
      ? ''
      : ` Requests began late by ${lagP50Ms.toFixed(2)} ms (p50), ${lagP99Ms.toFixed(2)} ms (p99), ${lagMaxMs.toFixed(2)} ms (max).`;
  return `The generator took ${Math.round(cpuPercent)} % of one core and was busy ${Math.round(busyPercent)} % of the time; this machine was at ${Math.round(machinePercent)} %.${lag}`;
}

function searchPart({ probes, sentence }: SearchReport, plan: LoadPlan): string[] {
  const points = probes
    .filter(({ latencyMs }) => latencyMs !== undefined)
    .map(({ perSecond, latencyMs }) => [perSecond, latencyMs!] as const)
    .toSorted(([a], [b]) => a - b);
  return [
    `<p><strong>${escapeText(sentence)}</strong></p>`,
    ...(points.length > 0 && plan.drive.kind === 'search'
      ? [
          lineChart({
            title: `p${plan.drive.percentile} by rate`,
            xLabel: 'requests per second',
            yLabel: 'milliseconds',
            yScale: 'log',
            series: [{ name: 'trials', points, marks: true }],
            limit: { y: plan.drive.limitMs, label: 'goal' },
          }),
        ]
      : []),
    tableOf(
      ['Trial', 'Per second', 'Holds', 'Why'],
      probes.map(({ purpose, perSecond, holds, reason }) => [purpose, rate(perSecond), holds ? 'yes' : 'no', reason]),
    ),
  ];
}

function latencyTable(rows: readonly (readonly [string, LatencySummary])[]): string {
  const heads = ['Milliseconds', 'min', 'mean', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'p99.99', 'max'];
  return tableOf(
    heads,
    rows.map(([name, { min, mean, p50, p75, p90, p95, p99, p999, p9999, max }]) => [
      name,
      ...[min, mean, p50, p75, p90, p95, p99, p999, p9999, max].map((ms) => ms.toFixed(2)),
    ]),
  );
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, values: readonly string[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', heads)}${rows.map((row) => cells('td', row)).join('')}</table>`;
}

const count = (value: number): string => value.toLocaleString('en-US');
const rate = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));
