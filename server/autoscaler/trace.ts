/**
 * A trace file, parsed: what happened to one or several models over time, to be replayed through the controller.
 *
 * Two kinds: `load` says how much work was offered, and a simulated cluster does it; `recorded` says what was measured, and the
 * values are taken as they are whatever the controller decides. Fields that are not known are reported and ignored, because
 * traces come from many tools; what is known must be right. docs/autoscaling.md describes the format for people.
 */
import { MillraceError } from '../base/errors.ts';
import { known, severalSchema, singleSchema } from './trace-schema.ts';
import type { ParsedModel, ParsedSample, TraceMachine, TraceMetrics } from './trace-schema.ts';

/** Work offered from a time on, erlangs. */
export interface LoadSample {
  readonly t: number;
  readonly load: number;
}

export interface RecordedSample {
  readonly t: number;
  readonly metrics: TraceMetrics;
}

export type TraceSamples =
  | { readonly kind: 'load'; readonly loads: readonly LoadSample[] }
  | { readonly kind: 'recorded'; readonly records: readonly RecordedSample[] };

export interface TraceModel extends Omit<ParsedModel, 'samples'> {
  readonly name: string;
  readonly samples: TraceSamples;
}

export interface Trace {
  /** Undefined: the policy's. */
  readonly tickMs: number | undefined;
  /** Undefined: one tick after the last sample. */
  readonly durationMs: number | undefined;
  readonly machine: TraceMachine | undefined;
  readonly models: readonly TraceModel[];
  /** Sentences about what was ignored. */
  readonly warnings: readonly string[];
}

/** Errors: `invalid-config`, naming each wrong field. `where` names the file in messages. */
export function parseTrace(raw: unknown, where: string): Trace {
  const isSeveral = isRecord(raw) && raw['models'] !== undefined;
  const result = (isSeveral ? severalSchema : singleSchema).safeParse(raw);
  if (!result.success) throw refusal(where, result.error.issues.map(faultOf));
  const parsed = result.data;
  const named = 'models' in parsed ? Object.entries(parsed.models) : [[parsed.name ?? 'model', parsed] as const];
  if (named.length === 0) throw refusal(where, ['models must not be empty']);
  const faults = named.flatMap(([name, model]) => faultsOfModel(isSeveral ? `models.${name}.` : '', model));
  if (faults.length > 0) throw refusal(where, faults);
  return {
    tickMs: parsed.tickMs,
    durationMs: parsed.durationMs,
    machine: parsed.machine,
    models: named.map(([name, model]) => modelOf(name, model)),
    warnings: unknownFields(raw),
  };
}

function modelOf(name: string, parsed: ParsedModel): TraceModel {
  const { initialReplicas, startupMs, slotsPerReplica, serviceMs, saturatesAt, priority, replica } = parsed;
  const events = parsed.events.toSorted((a, b) => a.t - b.t);
  const samples: TraceSamples = isLoad(parsed.samples[0]!)
    ? { kind: 'load', loads: parsed.samples.map(({ t, load, erlangs }) => ({ t, load: load ?? erlangs ?? 0 })) }
    : { kind: 'recorded', records: parsed.samples.map(({ t, metrics }) => ({ t, metrics: metrics ?? {} })) };
  return {
    name,
    initialReplicas,
    startupMs,
    slotsPerReplica,
    serviceMs,
    saturatesAt,
    priority,
    replica,
    events,
    samples,
  };
}

function isLoad({ load, erlangs }: ParsedSample): boolean {
  return load !== undefined || erlangs !== undefined;
}

/** What a schema cannot say: order, one kind only, and what an event needs. */
function faultsOfModel(prefix: string, { samples, events }: ParsedModel): string[] {
  const faults: string[] = [];
  const kind = isLoad(samples[0]!);
  let before = 0;
  for (const [index, sample] of samples.entries()) {
    const at = `${prefix}samples[${index}]`;
    if (sample.t < before) faults.push(`${at}.t is ${sample.t}, before the sample in front of it at ${before}`);
    before = sample.t;
    if (isLoad(sample) && sample.metrics !== undefined) faults.push(`${at} has both a load and metrics`);
    if (isLoad(sample) !== kind)
      faults.push(
        `${at} has ${kind ? 'no load, but the first sample has one' : 'a load, but the first sample has none'}`,
      );
  }
  for (const [index, { type, replicas, byMs }] of events.entries()) {
    if (type === 'manual' && replicas === undefined) faults.push(`${prefix}events[${index}] needs replicas`);
    if (type === 'clock-jump' && byMs === undefined) faults.push(`${prefix}events[${index}] needs byMs`);
  }
  return faults;
}

/** One sentence for each unknown name and kind of place, however often it occurs. */
function unknownFields(raw: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown, allowed: readonly string[], place: string): void => {
    if (!isRecord(value)) return;
    for (const key of Object.keys(value))
      if (!allowed.includes(key))
        found.add(`The field ${JSON.stringify(key)} of ${place} is not known and was ignored.`);
  };
  const lookAtModel = (model: unknown): void => {
    if (!isRecord(model)) return;
    look(model['replica'], known.replica, 'replica');
    for (const event of asList(model['events'])) look(event, known.event, 'an event');
    for (const sample of asList(model['samples'])) {
      look(sample, known.sample, 'a sample');
      if (isRecord(sample)) look(sample['metrics'], known.metrics, 'metrics');
    }
  };
  if (!isRecord(raw)) return [];
  look(raw['machine'], known.machine, 'machine');
  const { models } = raw;
  if (isRecord(models)) {
    look(raw, [...known.head, 'models'], 'the trace');
    for (const model of Object.values(models)) {
      look(model, known.model, 'a model');
      lookAtModel(model);
    }
  } else {
    look(raw, [...known.head, ...known.model], 'the trace');
    lookAtModel(raw);
  }
  return [...found];
}

function faultOf({ path, message }: { path: PropertyKey[]; message: string }): string {
  const field = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `${field === '' ? 'the trace' : field.slice(1)} ${message}`;
}

function refusal(where: string, faults: readonly string[]): MillraceError {
  const more = faults.length > 5 ? `; and ${faults.length - 5} more` : '';
  return new MillraceError('invalid-config', `${where} is no trace: ${faults.slice(0, 5).join('; ')}${more}.`, {
    details: { where, faults: faults.slice(0, 50) },
    hint: 'The format is in docs/autoscaling.md.',
  });
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
