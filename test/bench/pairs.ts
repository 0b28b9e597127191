/**
 * Measures two contestants alternately, so that the drift of a shared machine meets both: A B, B A, A B … Everything is
 * compared within a pair, never across.
 */
import type { Bench } from './bench.ts';
import type { Contestant } from './contestant.ts';
import type { Measurement } from './load-generator.ts';
import { untilQuiet } from './quiet.ts';

export interface MeasuredPair {
  readonly subject: Measurement;
  readonly baseline: Measurement;
}

/** One pair waits at most so long for a quiet machine and is then measured anyway, milliseconds. */
const quietLimitMs = 15_000;

/** Seconds of load on each side before the first pair: compilers and allocators have settled by then. */
const warmUpSeconds = 2;

export async function measurePairs(
  bench: Bench,
  title: string,
  subject: Contestant,
  baseline: Contestant,
  connections: number,
): Promise<MeasuredPair[]> {
  const { pairs: count, seconds } = bench.options;
  bench.say(`${title}: warm-up`);
  const warmUp = Math.min(seconds, warmUpSeconds);
  await subject.measure(connections, warmUp);
  await baseline.measure(connections, warmUp);
  const pairs: MeasuredPair[] = [];
  for (let index = 1; index <= count; index++) {
    if (!(await untilQuiet(quietLimitMs))) bench.countBusyPair();
    const pair = await measurePair(subject, baseline, connections, seconds, index % 2 === 1);
    pairs.push(pair);
    bench.say(`${title}: pair ${index} of ${count}: ${shown(pair.subject)} against ${shown(pair.baseline)}`);
  }
  return pairs;
}

/** Throws where the two sides answer the benchmark's request differently: then they do not do the same work. */
export async function compareAnswers(subject: Contestant, baseline: Contestant): Promise<void> {
  const [own, other] = [await subject.answer(), await baseline.answer()];
  if (own === undefined || other === undefined || own.equals(other)) return;
  throw new Error(`The two sides answer differently: ${own.subarray(0, 200)} and ${other.subarray(0, 200)}`);
}

async function measurePair(
  subject: Contestant,
  baseline: Contestant,
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
