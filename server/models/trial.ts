/** What an import asks of a trial. The trial itself runs in a process of its own (inspect/trial-load.ts) and is passed in. */
import type { Recipe } from '../protocol/recipe.ts';
import type { SampleCases } from './samples.ts';
import type { TrialResult } from './version-record.ts';

export interface TrialRequest {
  /** Absolute, in staging. */
  readonly modelPath: string;
  /** Absolute, with nothing in it: where the trial's process works, because ONNX Runtime may look there for files. */
  readonly emptyFolder: string;
  readonly weightBytes: number;
  readonly maxBatchSize: number | undefined;
  /** Undefined: none are there, or they are skipped. */
  readonly samples: SampleCases | undefined;
  /** By which pictures among them become numbers. */
  readonly recipe?: Recipe | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Throws `model-refused` where the model cannot be served or fails its saved test cases. */
export type TryModel = (request: TrialRequest) => Promise<TrialResult>;
