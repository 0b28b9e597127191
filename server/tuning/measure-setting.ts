/** Measures one setting of a model: a host of its own with it, one connection, then many. */
import type { SampleRows } from '../loadtest/request-inputs.ts';
import { runLoadProcess } from '../loadtest/load-process.ts';
import { loadPlanSchema } from '../protocol/admin/load-plan.ts';
import type { LoadMeasurement } from '../protocol/admin/load-result.ts';
import type { TuneRow, TuneSetting } from '../protocol/admin/tune-result.ts';
import { withTrialHost } from './trial-host.ts';
import type { TrialRepository } from './trial-repository.ts';

export interface MeasuredModel {
  readonly model: string;
  readonly repository: TrialRepository;
  readonly samples: SampleRows | undefined;
  readonly cores: number;
}

/** One request at a time is told sooner than many at once. */
const aloneShare = 1 / 3;
const warmUpShare = 0.15;
/** The same for all settings, so that they can be compared: enough to fill slots and batches. */
const connectionsPerCore = 8;
const minConnections = 16;
const maxConnections = 128;

export async function measureSetting(
  { model, repository, samples, cores }: MeasuredModel,
  setting: TuneSetting,
  loadMs: number,
  signal: AbortSignal,
): Promise<TuneRow> {
  await repository.set(setting);
  const config = {
    models: repository.folder,
    dataDirectory: `${repository.folder}-data`,
    http: { port: 0 },
    admin: { port: 0 },
    cache: { enabled: false },
    log: { level: 'silent' },
  };
  return withTrialHost({ model, config }, signal, async ({ url, replicas, threads, maxBatchSize }) => {
    const load = async (connections: number, ms: number): Promise<LoadMeasurement> => {
      const warmUpMs = Math.round(ms * warmUpShare);
      const stage = { from: connections, to: connections, durationMs: Math.max(1, Math.round(ms - warmUpMs)) };
      const plan = loadPlanSchema.parse({ url, model, warmUpMs, drive: { kind: 'closed', connections: [stage] } });
      const { measurement } = await runLoadProcess(plan, { samples, signal });
      signal.throwIfAborted();
      return measurement!;
    };
    const alone = await load(1, loadMs * aloneShare);
    const many = await load(
      Math.min(maxConnections, Math.max(minConnections, cores * connectionsPerCore)),
      loadMs * (1 - aloneShare),
    );
    return {
      setting,
      replicas,
      threads,
      maxBatchSize,
      perSecond: many.answeredPerSecond,
      loadedP99Ms: many.latencyMs.p99,
      aloneP50Ms: alone.latencyMs.p50,
      aloneP95Ms: alone.latencyMs.p95,
      failed: alone.counts.failed + many.counts.failed,
    };
  });
}
