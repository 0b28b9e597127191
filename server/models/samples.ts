/**
 * samples.json: saved test cases of a model, inputs with the outputs that another program computed for them. They gate each
 * further version. Parsed here, run in the trial.
 */
import { MillraceError } from '../base/errors.ts';

export interface SampleCases {
  /** By input; `''` where the file gives rows without a name, for a model with one input. */
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
  readonly tolerance: number;
  /** Of single rows, where it is another. */
  readonly tolerances?: readonly (number | undefined)[] | undefined;
  /** What is known of single rows; as many as there are rows. */
  readonly about: readonly (CaseAbout | undefined)[];
}

/** Of a test case that was saved from an answer. */
export interface CaseAbout {
  readonly name?: string | undefined;
  /** ISO 8601. */
  readonly savedAt?: string | undefined;
  /** The version that gave the answer. */
  readonly version?: string | undefined;
  readonly tolerance?: number | undefined;
}

/** Rows that are run; the rest is not, which bounds the time of an import. */
export const maxSampleRows = 200;
/** float32 against float64, after some layers. */
export const defaultTolerance = 1e-3;

/**
 * `{"inputs": rows, "expected": {output: rows}, "tolerance"?}`, or `inputs` by name for several. Other fields are allowed.
 * Throws `invalid-manifest`.
 */
export function parseSamples(text: string): SampleCases {
  const raw = readJson(text);
  if (!isRecord(raw)) throw fault('is no JSON object');
  const inputs = Array.isArray(raw['inputs']) ? { '': raw['inputs'] } : raw['inputs'];
  const { expected } = raw;
  if (!isRows(inputs) || Object.keys(inputs).length === 0)
    throw fault('needs "inputs", a list of rows or such a list for each input');
  if (!isRows(expected) || Object.keys(expected).length === 0)
    throw fault('needs "expected", a list of rows for each output');
  const lists = [...Object.values(inputs), ...Object.values(expected)];
  if (lists.some((rows) => rows.length !== lists[0]!.length) || lists[0]!.length === 0) {
    throw fault('needs as many expected rows as input rows, at least one');
  }
  const tolerance = raw['tolerance'] ?? defaultTolerance;
  if (typeof tolerance !== 'number' || !(tolerance >= 0)) throw fault('has a tolerance that is no number above 0');
  const about = readAbout(raw['about'], lists[0]!.length).slice(0, maxSampleRows);
  const tolerances = about.map((each) => each?.tolerance);
  return {
    inputs: firstRows(inputs),
    expected: firstRows(expected),
    tolerance,
    ...(tolerances.some((each) => each !== undefined) && { tolerances }),
    about,
  };
}

/** Anything odd about it says nothing: it only describes. */
function readAbout(raw: unknown, rows: number): (CaseAbout | undefined)[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [];
  return Array.from({ length: rows }, (_, row) => {
    const about = list[row];
    if (!isRecord(about)) return undefined;
    const { name, savedAt, version, tolerance } = about;
    return {
      ...(typeof name === 'string' && { name }),
      ...(typeof savedAt === 'string' && { savedAt }),
      ...(typeof version === 'string' && { version }),
      ...(typeof tolerance === 'number' && tolerance >= 0 && { tolerance }),
    };
  });
}

/** The inputs alone, for programs that send them as tensors; undefined where some are pictures, which only a recipe reads. */
export function plainInputs({ inputs }: SampleCases): SampleCases['inputs'] | undefined {
  const isPicture = (row: unknown): boolean => typeof row === 'object' && !Array.isArray(row);
  return Object.values(inputs).some((rows) => rows.some(isPicture)) ? undefined : inputs;
}

type Rows = Record<string, readonly unknown[]>;

function firstRows(rows: Rows): Rows {
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.slice(0, maxSampleRows)]));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fault(`is not valid JSON: ${(error as Error).message}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRows(value: unknown): value is Rows {
  return isRecord(value) && Object.values(value).every((rows) => Array.isArray(rows));
}

function fault(what: string): MillraceError {
  return new MillraceError('invalid-manifest', `samples.json ${what}.`, {
    hint: 'Correct samples.json, or import with --no-samples.',
  });
}
