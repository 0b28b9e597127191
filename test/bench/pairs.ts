/**
 * Measures two contestants alternately, so that the drift of a shared machine meets both: A B, B A, A B … Everything is
 * compared within a pair, never across.
 *
 * Each pair has processes of its own. What a process's compilers and allocators have come to differs from start to start by
 * more than the differences of interest, and with one process for all pairs that would be taken for a result.
 */
import type { Bench } from './bench.ts';
import type { Contestant } from './contestant.ts';
import { foreignShareDuring } from './foreign-work.ts';
import type { Measurement } from './load-generator.ts';
import { untilQuiet } from './quiet.ts';
import type { Scope } from './scope.ts';

export interface Sides {
  readonly subject: Contestant;
  readonly baseline: Contestant;
}

export interface Comparison {
  readonly title: string;
  /** Each of them is measured in every pair. */
  readonly connections: readonly number[];
  start(scope: Scope): Promise<Sides>;
}

export interface MeasuredPair {
  readonly subject: Measurement;
  readonly baseline: Measurement;
}

/** One pair waits at most so long for a quiet machine and is then measured anyway, milliseconds. */
const quietLimitMs = 30_000;

/** Share of all cores that others may use during a pair; above it the pair is measured again. */
const maxForeignShare = 0.05;
const maxRepeats = 3;

/** Seconds of load on each side before it is measured: compilers and allocators have settled by then. */
const warmUpSeconds = 2;

/** The pairs by number of connections. Throws where anything failed, and where the sides answer differently. */
export async function measurePairs(
  bench: Bench,
  scope: Scope,
  { title, connections, start }: Comparison,
): Promise<ReadonlyMap<number, readonly MeasuredPair[]>> {
  const found = new Map<number, MeasuredPair[]>(connections.map((count) => [count, []]));
  for (let index = 1; index <= bench.options.pairs; index++) {
    await using part = scope.open();
    bench.say(`${title}: start and warm-up for pair ${index} of ${bench.options.pairs}`);
    const sides = await start(part);
    await compareAnswers(sides);
    for (const side of [sides.subject, sides.baseline]) {
      await side.measure(Math.max(...connections), Math.min(bench.options.seconds, warmUpSeconds));
    }
    for (const [count, pairs] of found) {
      const pair = await measureUndisturbed(bench, sides, count, index % 2 === 1);
      pairs.push(pair);
      bench.say(`  ${count} connections: ${shown(pair.subject)} against ${shown(pair.baseline)}`);
    }
  }
  return found;
}

/** Two sides that answer the benchmark's request differently do not do the same work. */
async function compareAnswers({ subject, baseline }: Sides): Promise<void> {
  const [own, other] = [await subject.answer(), await baseline.answer()];
  if (own === undefined || other === undefined || own.equals(other)) return;
  throw new Error(`The two sides answer differently: ${own.subarray(0, 200)} and ${other.subarray(0, 200)}`);
}

async function measureUndisturbed(
  bench: Bench,
  sides: Sides,
  connections: number,
  subjectFirst: boolean,
): Promise<MeasuredPair> {
  for (let repeats = 0; ; repeats++) {
    await untilQuiet(quietLimitMs);
    const { result, share } = await foreignShareDuring(() =>
      measurePair(sides, connections, bench.options.seconds, subjectFirst),
    );
    if (share <= maxForeignShare) {
      bench.countPair(false);
      return result;
    }
    const again = repeats < maxRepeats;
    bench.say(`  Others used ${Math.round(share * 100)} % of the processors${again ? '; measured again' : ''}.`);
    if (again) continue;
    bench.countPair(true);
    return result;
  }
}

async function measurePair(
  { subject, baseline }: Sides,
  connections: number,
  seconds: number,
  subjectFirst: boolean,
): Promise<MeasuredPair> {
  if (subjectFirst) {
    const own = await subject.measure(connections, seconds);
    return { subject: own, baseline: await baseline.measure(connections, seconds) };
  }
  const other = await baseline.measure(connections, seconds);
  return { subject: await subject.measure(connections, seconds), baseline: other };
}

function shown({ perSecond, p50Ms }: Measurement): string {
  const rate = `${perSecond < 1000 ? perSecond.toFixed(1) : Math.round(perSecond)} /s`;
  return p50Ms === undefined ? rate : `${rate}, p50 ${p50Ms.toFixed(3)} ms`;
}
