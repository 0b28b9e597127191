/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Pairs per case. */
  readonly pairs: number;
  /** Length of one measurement. */
  readonly seconds: number;
  /** Names of workloads; empty for all. */
  readonly only: readonly string[];
  /** A missed target ends with exit code 1. */
  readonly strict: boolean;
  /** Markdown file whose table is replaced. */
  readonly write: string | undefined;
}

export const usage = `Usage: npm run bench -- [options]

  --quick            2 pairs of 1 s instead of 5 of 3 s: a smoke test, not a result
  --pairs <n>        pairs per case
  --seconds <n>      length of one measurement
  --only <workload>  only this one; may be repeated
  --strict           exit code 1 when a target is missed
  --write <file>     put the table into this markdown file, between its markers`;

/** Throws a TypeError with a sentence where the line is wrong; undefined where help was asked for. */
export function parseOptions(args: readonly string[], workloads: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      strict: { type: 'boolean', default: false },
      write: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = values.only.find((name) => !workloads.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`There is no workload '${unknown}'; there are ${workloads.join(', ')}.`);
  return {
    pairs: positive('--pairs', values.pairs, values.quick ? 2 : 5),
    seconds: positive('--seconds', values.seconds, values.quick ? 1 : 3),
    only: values.only,
    strict: values.strict,
    write: values.write,
  };
}

function positive(option: string, text: string | undefined, preset: number): number {
  if (text === undefined) return preset;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new TypeError(`${option} takes a whole number from 1 to 999, not '${text}'.`);
}
