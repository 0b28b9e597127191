/** What the flags of `millrace bench` ask for, as a plan. Pure; files and the running host are bench.ts. */
import { MillraceError } from '../base/errors.ts';
import { heldStages } from '../loadtest/stages.ts';
import { loadPlanSchema } from '../protocol/admin/load-plan.ts';
import type { LoadPlan, LoadPlanInput, Stage } from '../protocol/admin/load-plan.ts';
import type { Trace } from '../autoscaler/trace.ts';

export interface BenchFlags {
  readonly data: string;
  readonly connections?: string;
  readonly rate?: string;
  readonly arrival?: 'constant' | 'poisson';
  readonly trace?: string;
  readonly speed?: string;
  readonly scale?: string;
  readonly slo?: string;
  readonly maxErrors?: string;
  readonly maxRate?: string;
  readonly duration?: string;
  readonly warmUp?: string;
  readonly timeout?: string;
  readonly maxConnections?: string;
  readonly model?: string;
  readonly version?: string;
  readonly predict?: boolean;
  readonly binary?: boolean;
  readonly random?: boolean;
  readonly samples?: string;
  readonly rows?: string;
  readonly shape?: readonly string[];
  readonly distinct?: string;
  readonly seed?: string;
  readonly header?: readonly string[];
  readonly insecure?: boolean;
  readonly cached?: boolean;
  readonly out?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export interface BenchTarget {
  readonly url: string;
  readonly model: string;
  readonly version?: string | undefined;
  readonly api?: 'infer' | 'predict';
}

const defaultConnections = '8';
const defaultDurationMs = 10_000;
const traceTickMs = 1000;

/** What a URL names, `--model` aside; undefined where the text is no URL. Errors: `invalid-config`. */
export function targetOfUrl(text: string, flags: Pick<BenchFlags, 'model' | 'version'>): BenchTarget | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null) throw wrong(`'${text}' is no URL.`, 'Give one like http://127.0.0.1:8000/v2/models/iris.');
  const { origin, pathname } = url;
  const infer = /^(.*)\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(?:infer|ready)?)?$/.exec(pathname);
  if (infer !== null) {
    const version = infer[3] ?? flags.version;
    return {
      url: origin + infer[1]!,
      model: decodeURIComponent(infer[2]!),
      ...(version !== undefined && { version }),
      api: 'infer',
    };
  }
  const predict = /^(.*)\/predict\/([^/]+)\/?$/.exec(pathname);
  if (predict !== null) return { url: origin + predict[1]!, model: decodeURIComponent(predict[2]!), api: 'predict' };
  if (flags.model === undefined) {
    throw wrong(`The URL ${text} names no model.`, 'Add /v2/models/<name> to it, or --model <name>.');
  }
  return { url: origin + pathname.replace(/\/+$/, ''), model: flags.model, version: flags.version };
}

/** Errors: `invalid-config`, naming what is wrong. `trace`: the parsed file that `--trace` names. */
export function planOf(target: BenchTarget, flags: BenchFlags, trace: Trace | undefined): LoadPlan {
  const given = (['connections', 'rate', 'trace', 'slo'] as const).filter((name) => flags[name] !== undefined);
  if (given.length > 1) throw wrong(`--${given[0]} and --${given[1]} exclude each other.`, 'Give one of them.');
  const input: LoadPlanInput = {
    url: target.url,
    model: target.model,
    ...(target.version !== undefined && { version: target.version }),
    api: flags.predict === true ? 'predict' : (target.api ?? 'infer'),
    format: flags.binary === true ? 'binary' : 'json',
    inputs: flags.random === true ? 'random' : flags.samples === undefined ? 'auto' : 'samples',
    ...optional('rows', flags.rows, number),
    ...optional('distinct', flags.distinct, number),
    ...optional('seed', flags.seed, number),
    ...optional('maxConnections', flags.maxConnections, number),
    ...optional('warmUpMs', flags.warmUp, parseDuration),
    ...optional('timeoutMs', flags.timeout, parseDuration),
    shapes: Object.fromEntries((flags.shape ?? []).map(shapeOf)),
    headers: Object.fromEntries((flags.header ?? []).map(headerOf)),
    insecure: flags.insecure === true,
    savedAnswers: flags.cached === true,
    drive: driveOf(target, flags, trace),
  };
  const result = loadPlanSchema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw wrong(`This load test cannot be run: ${faults.join('; ')}.`, 'See `millrace bench --help`.');
}

function driveOf(target: BenchTarget, flags: BenchFlags, trace: Trace | undefined): LoadPlanInput['drive'] {
  const durationMs = flags.duration === undefined ? defaultDurationMs : parseDuration(flags.duration);
  const arrival = flags.arrival ?? 'constant';
  if (flags.slo !== undefined) {
    const { percentile, limitMs } = parseGoal(flags.slo);
    return {
      kind: 'search',
      arrival,
      percentile,
      limitMs,
      ...(flags.duration !== undefined && { probeMs: durationMs }),
      ...optional('maxErrorPercent', flags.maxErrors, number),
      ...optional('maxPerSecond', flags.maxRate, number),
    };
  }
  if (trace !== undefined) {
    return { kind: 'open', arrival, perSecond: traceStages(trace, target.model, flags) };
  }
  if (flags.rate !== undefined) {
    return { kind: 'open', arrival, perSecond: parseShape('--rate', flags.rate, durationMs) };
  }
  const shape = flags.connections ?? defaultConnections;
  return { kind: 'closed', connections: parseShape('--connections', shape, durationMs) };
}

/** `50`: held; `1..100`: a straight line; `10,20,40`: steps, each as long as the others. */
export function parseShape(option: string, text: string, durationMs: number): Stage[] {
  const line = /^([\d.]+)\.\.([\d.]+)$/.exec(text);
  if (line !== null) return [{ from: number(line[1]!, option), to: number(line[2]!, option), durationMs }];
  const values = text.split(',').map((value) => number(value, option));
  const each = Math.max(1, Math.floor(durationMs / values.length));
  return values.map((value) => ({ from: value, to: value, durationMs: each }));
}

/** `p99=50ms`, `p99.9=1s`. */
export function parseGoal(text: string): { readonly percentile: number; readonly limitMs: number } {
  const match = /^p(\d{1,2}(?:\.\d{1,2})?)\s*[=<]\s*(.+)$/i.exec(text);
  if (match === null) throw wrong(`--slo does not understand '${text}'.`, 'Write it like p99=50ms.');
  return { percentile: Number(match[1]), limitMs: parseDuration(match[2]!, '--slo') };
}

/** `500ms`, `10s`, `2m`, `1h`; a bare number is seconds. Milliseconds. */
export function parseDuration(text: string, option = 'a duration'): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/.exec(text.trim());
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
  if (match === null) throw wrong(`'${text}' is no time for ${option}.`, 'Write it like 500ms, 10s, 2m or 1h.');
  const ms = Number(match[1]) * factors[match[2] ?? 's']!;
  return option === '--slo' ? ms : Math.round(ms);
}

/** Work in erlangs becomes a rate through the trace's service time; a recorded request rate is taken as it is. */
export function traceStages(trace: Trace, model: string, flags: Pick<BenchFlags, 'speed' | 'scale'>): Stage[] {
  const chosen = trace.models.length === 1 ? trace.models[0]! : trace.models.find(({ name }) => name === model);
  if (chosen === undefined) {
    const names = trace.models.map(({ name }) => name).join(', ');
    throw wrong(`The trace has no model ${model}.`, `It has ${names}.`);
  }
  const speed = flags.speed === undefined ? 1 : number(flags.speed, '--speed');
  const scale = flags.scale === undefined ? 1 : number(flags.scale, '--scale');
  if (speed <= 0) throw wrong('--speed must be above 0.', 'Use 60 to play an hour in a minute.');
  const { samples, serviceMs } = chosen;
  const points =
    samples.kind === 'load'
      ? samples.loads.map(({ t, load }) => ({ t, value: (load * 1000) / serviceMs }))
      : samples.records.flatMap(({ t, metrics: { requestRate } }) =>
          requestRate === undefined || !(requestRate >= 0 && requestRate < Infinity) ? [] : [{ t, value: requestRate }],
        );
  if (points.length === 0) {
    throw wrong('The trace has no load to send.', 'Its samples need a load, or requestRate among their metrics.');
  }
  const endMs = trace.durationMs ?? points.at(-1)!.t + (trace.tickMs ?? traceTickMs);
  const played = points.map(({ t, value }) => ({ t: Math.round(t / speed), value: value * scale }));
  return heldStages(played, Math.max(1, Math.round(endMs / speed)));
}

function shapeOf(text: string): [string, number[]] {
  const match = /^(.+)=(\d+(?:x\d+)*)$/.exec(text);
  if (match === null) throw wrong(`--shape does not understand '${text}'.`, 'Write it like images=3x224x224.');
  return [match[1]!, match[2]!.split('x').map(Number)];
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  // The text may hold a key, so it is not repeated.
  if (colon < 1) throw wrong('--header needs a name and a value.', "Write it like 'Authorization: Bearer …'.");
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

function number(text: string, option = 'a flag'): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw wrong(`'${text}' is no number for ${option}.`, 'See `millrace bench --help`.');
}

function optional<K extends string>(
  key: K,
  text: string | undefined,
  parse: (text: string, option: string) => number,
): { readonly [key in K]?: number } {
  return text === undefined ? {} : ({ [key]: parse(text, `--${key}`) } as { [key in K]: number });
}

function wrong(message: string, hint: string): MillraceError {
  return new MillraceError('invalid-config', message, { hint });
}
