/** What the process that tries a model once is told, and what it tells: plain data over the socket of trial-main.ts. */
import type { Signature } from '../protocol/tensors.ts';

/** Saved test cases, row by row. A row is a number, a text, or nested lists of them. */
export interface TrialSamples {
  /** By input; for a model with one input the name may be `''`. All have equally many rows. */
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  /** By output; an output that is not named is not compared. */
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
  /** Largest allowed difference of a float; everything else must be equal. */
  readonly tolerance: number;
}

/** Body of the `load` frame. */
export interface TrialCommand {
  /** Absolute. */
  readonly modelPath: string;
  readonly maxBatchSize: number | undefined;
  /** The process ends itself when its memory exceeds this. */
  readonly memoryLimitBytes: number;
  readonly samples: TrialSamples | undefined;
}

/** Body of the `loaded` frame. */
export interface TrialReport {
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly batching: string;
  readonly loadMs: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  readonly samples: SamplesReport | undefined;
}

export interface SamplesReport {
  readonly rows: number;
  /** Largest difference of a float. */
  readonly worstError: number;
  /** The first differences, one sentence each, at most 5. Empty where all rows agree. */
  readonly failures: readonly string[];
}

/** Begins the line on standard error by which memory-watch.ts says why the process ended. */
export const memoryMark = 'millrace-trial-memory';
