/** `millrace scale replay`: what a policy would have done with a trace, as a table and a chart for people or as JSON. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { parsePolicy } from '../autoscaler/policy.ts';
import type { Policy } from '../autoscaler/policy.ts';
import { presets } from '../autoscaler/presets.ts';
import { replay } from '../autoscaler/replay.ts';
import type { ReplayedModel, ReplayReport } from '../autoscaler/replay-report.ts';
import { parseTrace } from '../autoscaler/trace.ts';
import { table } from './output.ts';

export interface ReplayFlags {
  /** A file, or the name of a preset. */
  readonly policy: string;
  readonly json?: boolean;
}

/** Prints the report; warnings go to standard error unless they are part of the JSON. Errors: `invalid-config`. */
export async function scaleReplay(tracePath: string, { policy, json = false }: ReplayFlags): Promise<void> {
  const settings = await readPolicy(policy);
  const trace = parseTrace(await readJson(tracePath, 'trace'), basename(tracePath));
  const report = replay(trace, settings);
  if (json) {
    const { rules: _, ...shown } = settings;
    console.log(JSON.stringify({ version: 1, policy: shown, ...report }));
    return;
  }
  for (const warning of report.warnings) console.error(`millrace: ${warning}`);
  console.log(reportText(report));
}

async function readPolicy(given: string): Promise<Policy> {
  if (Object.hasOwn(presets, given)) return parsePolicy({ preset: given }, given);
  return parsePolicy(await readJson(given, 'policy'), basename(given));
}

async function readJson(path: string, what: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MillraceError('invalid-config', `The ${what} ${path} cannot be read.`, {
      hint: 'Check the path.',
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MillraceError('invalid-config', `The ${what} ${path} is not JSON: ${(error as Error).message}`, {
      ...(/\bNaN\b|\bInfinity\b/.test(text) && { hint: 'JSON has no NaN: write null, or "NaN" in quotes.' }),
      cause: error,
    });
  }
}

export function reportText({ models, tickMs }: ReplayReport): string {
  return models.map((model) => modelText(model, tickMs)).join('\n\n');
}

function modelText(model: ReplayedModel, tickMs: number): string {
  const { name, ticks, replicas, changes, growths, shrinks, reversals, saturatedTicks } = model;
  const rows = model.changeLog.map(({ t, from, to, explanation }) => [time(t), `${from} → ${to}`, explanation]);
  const saturated = saturatedTicks === 0 ? '' : `, short of replicas at ${saturatedTicks} of ${ticks} ticks`;
  return [
    `${name}: ${replicas.min} to ${replicas.max} copies, ${changes} changes (${growths} up, ${shrinks} down), ${reversals} reversals${saturated}`,
    '',
    chart(model, tickMs),
    '',
    rows.length === 0 ? `No change: ${model.timeline.at(-1)!.explanation}` : table(['TIME', 'COPIES', 'WHY'], rows),
  ].join('\n');
}

const chartColumns = 72;
const chartRows = 10;

/** Ordered replicas over time: a column is the most within its part of the time, so that no peak is lost. */
function chart({ timeline, replicas }: ReplayedModel, tickMs: number): string {
  const width = Math.min(chartColumns, timeline.length);
  const columns = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * timeline.length) / width);
    const to = Math.floor(((column + 1) * timeline.length) / width);
    return timeline.slice(from, to).reduce((most, { desired }) => Math.max(most, desired), 0);
  });
  const height = Math.max(1, Math.min(chartRows, replicas.max));
  const labelWidth = String(replicas.max).length;
  const lines = Array.from({ length: height }, (_, line) => {
    const level = Math.ceil(((height - line) * replicas.max) / height);
    const bars = columns.map((most) => (most >= level && most > 0 ? '#' : ' ')).join('');
    return `${String(level).padStart(labelWidth)} |${bars}`.trimEnd();
  });
  const end = time(timeline.length * tickMs);
  const axis = `${' '.repeat(labelWidth)} +${'-'.repeat(width)}`;
  return [...lines, axis, `${' '.repeat(labelWidth)}  0${end.padStart(Math.max(end.length + 1, width - 1))}`].join(
    '\n',
  );
}

/** `0:15`, `12:00`, `1:02:03`; with milliseconds where there are any. */
function time(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  return ms % 1000 === 0 ? clock : `${clock}.${String(ms % 1000).padStart(3, '0')}`;
}
