/** One side of a comparison: something that is started, measured several times and ended with its scope. */
import type { Measurement } from './load-generator.ts';

export interface Contestant {
  /** Loads it for some whole seconds; it is idle before and after. Throws where anything failed. */
  measure(connections: number, seconds: number): Promise<Measurement>;
  /** The answer to the benchmark's request, to see that both sides do the same work; undefined where there is none. */
  answer(): Promise<Buffer | undefined>;
}
