/** What the process that tries a model once is told, and what it tells: plain data over the socket of trial-main.ts. */
import type { SamplesReport, SavedSamples } from '../protocol/sample-comparison.ts';
import type { Recipe } from '../protocol/recipe.ts';
import type { Signature } from '../protocol/tensors.ts';

/** Body of the `load` frame. */
export interface TrialCommand {
  /** Absolute. */
  readonly modelPath: string;
  readonly maxBatchSize: number | undefined;
  /** The process ends itself when its memory exceeds this. */
  readonly memoryLimitBytes: number;
  readonly samples: SavedSamples | undefined;
  /** By which pictures among the samples become numbers. */
  readonly recipe: Recipe | undefined;
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

/** Begins the line on standard error by which memory-watch.ts says why the process ended. */
export const memoryMark = 'millrace-trial-memory';
