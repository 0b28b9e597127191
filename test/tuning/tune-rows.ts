/** Rows of a made-up machine: how a setting does there, for tests of the plan, the choice and the run. */
import type { TuneRow, TuneSetting } from '../../server/protocol/admin/tune-result.ts';

export interface MadeUpMachine {
  readonly cores: number;
  /** Whether the model takes several requests at once. */
  readonly batches: boolean;
  /** Requests per second and milliseconds alone. */
  figures(use: {
    readonly replicas: number;
    readonly threads: number;
    readonly maxBatchSize: number;
    readonly delayMs: number;
  }): {
    readonly perSecond: number;
    readonly aloneMs: number;
    readonly failed?: number;
  };
}

export function rowOn(machine: MadeUpMachine, setting: TuneSetting): TuneRow {
  const { replicas = 1, threads = machine.cores, maxBatchDelayMs: delayMs = 0 } = setting;
  const maxBatchSize = machine.batches ? (setting.maxBatchSize ?? 64) : 0;
  const { perSecond, aloneMs, failed = 0 } = machine.figures({ replicas, threads, maxBatchSize, delayMs });
  return {
    setting,
    replicas,
    threads,
    maxBatchSize,
    perSecond,
    loadedP99Ms: aloneMs * 10,
    aloneP50Ms: aloneMs,
    aloneP95Ms: aloneMs * 2,
    failed,
  };
}
