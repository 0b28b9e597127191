/**
 * The owner's test cases of a model as they are kept: samples.json beside its versions, with what is known of each row. Adding and
 * removing are pure; test-case-file.ts reads and writes.
 */
import { createHash } from 'node:crypto';
import { MillraceError } from '../base/errors.ts';
import { defaultTolerance, maxSampleRows } from './samples.ts';
import type { CaseAbout, SampleCases } from './samples.ts';

export interface TestCase {
  /** By input: a number, a text, nested lists, or a picture as `{b64}`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** By output; an output that is not named is not compared. */
  readonly expected: Readonly<Record<string, unknown>>;
  readonly about: CaseAbout;
  /** Largest allowed difference of a float. */
  readonly tolerance: number;
}

/** First eight digits of a digest of the case's values: the same case has the same id, wherever it stands. */
export function caseId({ inputs, expected }: Pick<TestCase, 'inputs' | 'expected'>): string {
  return createHash('sha256')
    .update(JSON.stringify([sorted(inputs), sorted(expected)]))
    .digest('hex')
    .slice(0, 8);
}

/** Row by row. `onlyInput`: what the rows are for where the file does not say. */
export function listCases(samples: SampleCases | undefined, onlyInput: string): readonly TestCase[] {
  if (samples === undefined) return [];
  return samples.about.map((about, row) => ({
    inputs: rowOf(samples.inputs, row, onlyInput),
    expected: rowOf(samples.expected, row, onlyInput),
    about: about ?? {},
    tolerance: about?.tolerance ?? samples.tolerance,
  }));
}

/** Throws `conflict` where there are as many as are run, or one with the same inputs is there. */
export function withCase(cases: readonly TestCase[], added: TestCase): readonly TestCase[] {
  const inputs = JSON.stringify(sorted(added.inputs));
  if (cases.some((each) => JSON.stringify(sorted(each.inputs)) === inputs)) {
    throw new MillraceError('conflict', 'A test case with the same input is there already.', {
      hint: 'Remove that one first, if its answer is to be another.',
    });
  }
  if (cases.length >= maxSampleRows) {
    throw new MillraceError(
      'conflict',
      `The model has ${cases.length} test cases; more than ${maxSampleRows} are not run.`,
      {
        hint: 'Remove some first: `millrace models samples remove`.',
      },
    );
  }
  return [...cases, added];
}

/** Throws `not-found`. */
export function withoutCase(cases: readonly TestCase[], id: string): readonly TestCase[] {
  const left = cases.filter((each) => caseId(each) !== id);
  if (left.length < cases.length) return left;
  throw new MillraceError('not-found', `The model has no test case ${id.slice(0, 40)}.`, {
    hint: '`millrace models samples list` shows them.',
  });
}

/** As samples.json; parseSamples reads it back. At least one case. */
export function casesText(cases: readonly TestCase[]): string {
  const inputs = columns(cases.map((each) => each.inputs));
  const expected = columns(cases.map((each) => each.expected));
  const about = cases.map((each) => ({ ...each.about, tolerance: each.tolerance }));
  return `${JSON.stringify({ inputs, expected, tolerance: defaultTolerance, about })}\n`;
}

function columns(rows: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown[]> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

function rowOf(
  lists: Readonly<Record<string, readonly unknown[]>>,
  row: number,
  onlyInput: string,
): Record<string, unknown> {
  const entries = Object.entries(lists).map(([name, rows]) => [name === '' ? onlyInput : name, rows[row]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

function sorted(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
