/**
 * `millrace scale explain, events, set, record`: the autoscaler of the running host on the command line, for people and as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../base/errors.ts';
import type { HostEvent } from '../protocol/admin/host-event.ts';
import type { ScalingOrderBody, ScalingSample, ScalingView } from '../protocol/admin/scaling-view.ts';
import { HostClient } from './host-client.ts';
import { megabytes, table } from './output.ts';
import { traceOf } from './recorded-trace.ts';

export interface ScaleFlags {
  readonly data: string;
  readonly json?: boolean;
}

export interface EventFlags extends ScaleFlags {
  readonly model?: string;
  readonly limit: number;
}

export interface SetFlags extends ScaleFlags {
  readonly replicas?: number;
  readonly auto?: boolean;
  readonly pause?: boolean;
  readonly reset?: boolean;
  readonly min?: number;
  readonly max?: number;
}

export interface RecordFlags extends ScaleFlags {
  readonly model?: string;
  readonly seconds: number;
  readonly measurements?: boolean;
}

/** A recorder comes by this often; the host keeps five minutes. */
const fetchIntervalMs = 5000;

export async function explainCommand(model: string | undefined, flags: ScaleFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const views = await client.get<ScalingView[]>(`/scaling${query({ model })}`);
  if (model !== undefined && views.length === 0) throw await nothingToSay(client, model);
  if (flags.json === true) {
    console.log(JSON.stringify(views, undefined, 2));
    return;
  }
  console.log(views.length === 0 ? 'No model is scaled here.' : views.map(explanationText).join('\n\n'));
}

export async function scaleEventsCommand(flags: EventFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const asked = query({ kind: 'scaling', model: flags.model, limit: flags.limit });
  const events = await client.get<HostEvent[]>(`/events${asked}`);
  if (flags.json === true) {
    console.log(JSON.stringify(events, undefined, 2));
    return;
  }
  const lines = events.toReversed().flatMap(({ at, sentence, hint }) => {
    const time = new Date(at).toLocaleString('sv-SE');
    return hint === undefined ? [`${time}  ${sentence}`] : [`${time}  ${sentence}`, `${' '.repeat(21)}${hint}`];
  });
  console.log(lines.length === 0 ? 'The autoscaler has changed nothing yet.' : lines.join('\n'));
}

export async function scaleSetCommand(model: string, flags: SetFlags): Promise<void> {
  const order = orderOf(flags);
  const client = await HostClient.find(flags.data);
  const views = await client.put<ScalingView[]>(`/scaling/${encodeURIComponent(model)}`, order);
  console.log(flags.json === true ? JSON.stringify(views, undefined, 2) : views.map(explanationText).join('\n\n'));
}

/** Writes a trace for `millrace scale replay` to standard output, and what it does to standard error. */
export async function recordCommand(flags: RecordFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const views = await client.get<ScalingView[]>(`/scaling${query({ model: flags.model })}`);
  if (views.length === 0) throw await nothingToSay(client, flags.model);
  const names = [...new Set(views.map(({ model }) => model))];
  const samples = new Map<string, ScalingSample[]>();
  const after = new Map<string, number>();
  for (const name of names) after.set(name, (await fetchSamples(client, name, 0)).at(-1)?.id ?? 0);
  if (flags.json !== true) console.error(`Recording ${names.join(', ')} for ${flags.seconds} s …`);
  const endMs = performance.now() + flags.seconds * 1000;
  do {
    await sleep(Math.max(0, Math.min(fetchIntervalMs, endMs - performance.now())));
    for (const name of names) {
      const fetched = await fetchSamples(client, name, after.get(name)!);
      after.set(name, fetched.at(-1)?.id ?? after.get(name)!);
      samples.set(name, [...(samples.get(name) ?? []), ...fetched]);
    }
  } while (performance.now() < endMs);
  console.log(JSON.stringify(traceOf(views, samples, flags.measurements === true ? 'metrics' : 'load')));
}

function fetchSamples(client: HostClient, model: string, after: number): Promise<ScalingSample[]> {
  return client.get<ScalingSample[]>(`/scaling/${encodeURIComponent(model)}/samples?after=${after}`);
}

/** Why there is nothing about a model: it is unknown, or not loaded here. */
async function nothingToSay(client: HostClient, model: string | undefined): Promise<MillraceError> {
  const { models } = await client.status();
  if (model === undefined || models.some(({ name }) => name === model)) {
    return new MillraceError(
      'model-not-ready',
      model === undefined ? 'No model is scaled here.' : `${model} has no copies here now.`,
      { hint: '`millrace status` says what is loaded and what failed.' },
    );
  }
  return new MillraceError('unknown-model', `There is no model '${model}'.`, {
    hint: `There is: ${models.map(({ name }) => name).join(', ') || 'none'}.`,
  });
}

function orderOf({ replicas, auto, pause, reset, min, max }: SetFlags): ScalingOrderBody {
  const modes = [replicas !== undefined, auto === true, pause === true, reset === true].filter(Boolean).length;
  if (modes > 1)
    throw new MillraceError('invalid-config', 'Only one of --replicas, --auto, --pause and --reset can hold.');
  if (modes === 0 && min === undefined && max === undefined) {
    throw new MillraceError('invalid-config', 'Nothing is ordered.', {
      hint: 'Give --replicas, --auto, --pause, --reset, --min or --max.',
    });
  }
  const mode = reset === true ? 'settings' : auto === true ? 'auto' : pause === true ? 'paused' : undefined;
  return {
    ...(replicas !== undefined && { mode: 'manual' as const, replicas }),
    ...(mode !== undefined && { mode }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

export function explanationText(view: ScalingView): string {
  const { model, version, explanation, votes, machine } = view;
  const rows = votes.map(({ metric, vote, value, unit, target, above, below, verdict, proposes }) => [
    metric,
    value === undefined ? '-' : `${value}${unit === '' ? '' : ` ${unit}`}`,
    target === undefined ? limitsText(above, below) : `target ${target}`,
    proposes === undefined ? verdict : `${verdict}: ${proposes}`,
    vote,
  ]);
  const lines = [
    `${model}/${version}: ${explanation}.`,
    '',
    ...(rows.length === 0 ? [] : [table(['METRIC', 'NOW', 'SHOULD BE', 'ASKS FOR', 'VOTE'], rows), '']),
    `Copies   ${view.ready} ready, ${view.starting} starting, ${view.desired} wanted now${view.spares > 0 ? `, ${view.spares} spare` : ''}; ${modeText(view)}`,
    `Limits   ${view.min} to ${view.max} by the policy, ${view.limit} at most now${view.saturatedBy === undefined ? '' : ` (${view.saturatedBy})`}`,
    `Load     ${view.outstanding} requests, ${view.queued} of them waiting; a copy does ${view.slotsPerReplica} at once with ${view.threads} ${view.threads === 1 ? 'thread' : 'threads'}`,
    `Machine  ${machineText(machine)}${view.peakRssBytes === undefined ? '' : `; a copy takes ${megabytes(view.peakRssBytes)}`}`,
  ];
  return lines.join('\n');
}

function limitsText(above: number | undefined, below: number | undefined): string {
  if (above === undefined) return '-';
  return below === undefined ? `up to ${above}` : `up to ${above}, enough below ${below}`;
}

function modeText({ mode, fixed }: ScalingView): string {
  if (fixed !== undefined) return mode === 'manual' ? 'set by hand' : 'fixed by the settings';
  return mode === 'paused' ? 'paused' : 'the autoscaler decides';
}

function machineText({ physicalCores, busyPercent, availableBytes, totalBytes }: ScalingView['machine']): string {
  const cores = `${physicalCores ?? '?'} cores, ${busyPercent ?? '?'} % busy`;
  if (availableBytes === undefined || totalBytes === undefined) return cores;
  return `${cores}; ${megabytes(availableBytes)} of ${megabytes(totalBytes)} free`;
}

function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const present = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return present.length === 0 ? '' : `?${new URLSearchParams(present).toString()}`;
}
