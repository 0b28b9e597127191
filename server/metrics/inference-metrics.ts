/**
 * The page that `/metrics` serves: Triton's names, so that its dashboards work, and ours beside them. docs/metrics.md
 * lists them; a test ties both ways.
 */
import { renderCacheMetrics } from './cache-metrics.ts';
import type { CacheStoreReading } from './cache-metrics.ts';
import { PrometheusText } from './prometheus.ts';
import type { Labels } from './prometheus.ts';
import { failureReasons } from './model-statistics.ts';
import type { MachineReading } from './machine.ts';
import type { GraphicsReading } from './system-information.ts';
import type { ModelStatistics } from './model-statistics.ts';

/** What is known of one model version at this moment. */
export interface ModelReading {
  readonly name: string;
  readonly version: string;
  readonly statistics: ModelStatistics;
  readonly queued: number;
  readonly inFlight: number;
  readonly desiredReplicas: number;
  readonly readyReplicas: number;
  readonly restarts: number;
  readonly ready: boolean;
  readonly replicaRssBytes: number;
}

export interface HostReading {
  readonly version: string;
  readonly rssBytes: number;
  readonly bufferedBytes: number;
  readonly connections: number;
  readonly upSeconds: number;
  /** CPU time of the host process, and of all replicas that there have been. */
  readonly cpuSeconds: number;
  readonly replicaCpuSeconds: number;
  readonly machine: MachineReading;
  readonly graphics: readonly GraphicsReading[];
  /** Undefined where the host saves no answers. */
  readonly cache: CacheStoreReading | undefined;
}

/** What the autoscaler has decided for a model version. */
export interface ScalingReading {
  readonly name: string;
  readonly version: string;
  readonly min: number;
  /** Highest number that is possible now. */
  readonly limit: number;
  readonly wanted: number;
  readonly growths: number;
  readonly shrinks: number;
}

export function renderMetrics(
  host: HostReading,
  models: readonly ModelReading[],
  scaling: readonly ScalingReading[],
): string {
  const text = new PrometheusText();
  const perModel = (value: (model: ModelReading) => number): { labels: Labels; value: number }[] =>
    models.map((model) => ({ labels: labelsOf(model), value: value(model) }));

  text.metric(
    'counter',
    'nv_inference_request_success',
    'Number of successful inference requests',
    perModel((m) => m.statistics.success.count),
  );
  text.metric(
    'counter',
    'nv_inference_request_failure',
    'Number of failed inference requests, by reason',
    models.flatMap((model) =>
      failureReasons.map((reason) => ({
        labels: { ...labelsOf(model), reason },
        value: model.statistics.failures[reason],
      })),
    ),
  );
  text.metric(
    'counter',
    'nv_inference_count',
    'Number of rows inferred',
    perModel((m) => m.statistics.inferenceCount),
  );
  text.metric(
    'counter',
    'nv_inference_exec_count',
    'Number of model runs',
    perModel((m) => m.statistics.executionCount),
  );
  text.metric(
    'counter',
    'nv_inference_request_duration_us',
    'Cumulative request duration in microseconds',
    perModel((m) => toUs(m.statistics.success.ms + m.statistics.fail.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_queue_duration_us',
    'Cumulative queue duration in microseconds',
    perModel((m) => toUs(m.statistics.queue.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_input_duration_us',
    'Cumulative input decoding duration in microseconds',
    perModel((m) => toUs(m.statistics.input.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_infer_duration_us',
    'Cumulative run duration in microseconds',
    perModel((m) => toUs(m.statistics.infer.ms)),
  );
  text.metric(
    'counter',
    'nv_inference_compute_output_duration_us',
    'Cumulative output encoding duration in microseconds',
    perModel((m) => toUs(m.statistics.output.ms)),
  );
  text.metric(
    'gauge',
    'nv_inference_pending_request_count',
    'Number of requests that wait',
    perModel((m) => m.queued),
  );

  renderCacheMetrics(text, host.cache, (value) => perModel(({ statistics }) => value(statistics)));
  text.histogram(
    'millrace_request_duration_seconds',
    'Time from receipt to answer',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.requestSeconds })),
  );
  text.histogram(
    'millrace_queue_duration_seconds',
    'Time a request waited for its run',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.queueSeconds })),
  );
  text.histogram(
    'millrace_batch_rows',
    'Rows that ran together',
    models.map((m) => ({ labels: labelsOf(m), histogram: m.statistics.batchRows })),
  );
  text.metric(
    'gauge',
    'millrace_in_flight_requests',
    'Requests sent to an upstream and not answered',
    perModel((m) => m.inFlight),
  );
  text.metric(
    'gauge',
    'millrace_replicas_desired',
    'Replicas that should run',
    perModel((m) => m.desiredReplicas),
  );
  text.metric(
    'gauge',
    'millrace_replicas_ready',
    'Replicas that are ready',
    perModel((m) => m.readyReplicas),
  );
  text.metric(
    'counter',
    'millrace_replica_restarts_total',
    'Replicas started again after a death',
    perModel((m) => m.restarts),
  );
  text.metric(
    'gauge',
    'millrace_model_ready',
    'Whether the model answers (1) or not (0)',
    perModel((m) => Number(m.ready)),
  );
  text.metric(
    'gauge',
    'millrace_replica_resident_memory_bytes',
    'Resident memory of the model version’s replicas',
    perModel((m) => m.replicaRssBytes),
  );
  renderScaling(text, scaling);
  renderMachine(text, host);
  text.metric('gauge', 'millrace_host_resident_memory_bytes', 'Resident memory of the host process', [
    { value: host.rssBytes },
  ]);
  text.metric('gauge', 'millrace_buffered_request_bytes', 'Request bodies held by the host', [
    { value: host.bufferedBytes },
  ]);
  text.metric('gauge', 'millrace_open_connections', 'Open client connections', [{ value: host.connections }]);
  text.metric('gauge', 'millrace_up_seconds', 'Time since the host started', [{ value: host.upSeconds }]);
  text.metric('gauge', 'millrace_build_info', 'The running version', [{ labels: { version: host.version }, value: 1 }]);
  return text.toString();
}

function renderScaling(text: PrometheusText, scaling: readonly ScalingReading[]): void {
  const each = (value: (one: ScalingReading) => number): { labels: Labels; value: number }[] =>
    scaling.map((one) => ({ labels: labelsOf(one), value: value(one) }));
  text.metric(
    'gauge',
    'millrace_scaling_wanted_replicas',
    'Replicas that the metrics want, before windows, rates and limits',
    each((one) => one.wanted),
  );
  text.metric(
    'gauge',
    'millrace_scaling_min_replicas',
    'Replicas kept at least',
    each((one) => one.min),
  );
  text.metric(
    'gauge',
    'millrace_scaling_limit_replicas',
    'Most replicas that are possible now',
    each((one) => one.limit),
  );
  text.metric(
    'counter',
    'millrace_scaling_decisions_total',
    'Changes of the number of replicas, by direction',
    scaling.flatMap((one) => [
      { labels: { ...labelsOf(one), direction: 'up' }, value: one.growths },
      { labels: { ...labelsOf(one), direction: 'down' }, value: one.shrinks },
    ]),
  );
}

function renderMachine(text: PrometheusText, { machine, graphics, cpuSeconds, replicaCpuSeconds }: HostReading): void {
  text.metric('counter', 'millrace_host_cpu_seconds_total', 'CPU time of the host process', [{ value: cpuSeconds }]);
  text.metric('counter', 'millrace_replica_cpu_seconds_total', 'CPU time of all replicas together', [
    { value: replicaCpuSeconds },
  ]);
  text.metric('gauge', 'millrace_machine_busy_ratio', 'Share of all cores that is busy, with whatever', [
    { value: machine.busyPercent / 100 },
  ]);
  text.metric('gauge', 'millrace_machine_memory_bytes', 'Memory of the machine', [{ value: machine.totalBytes }]);
  text.metric('gauge', 'millrace_machine_available_memory_bytes', 'Memory that new processes could have', [
    { value: machine.availableBytes },
  ]);
  const perGpu = (value: (gpu: GraphicsReading) => number | undefined): { labels: Labels; value: number }[] =>
    graphics.flatMap((gpu, index) => {
      const known = value(gpu);
      return known === undefined ? [] : [{ labels: { gpu: String(index), name: gpu.name }, value: known }];
    });
  text.metric(
    'gauge',
    'millrace_gpu_busy_ratio',
    'Share of the time in which the graphics processor was busy',
    perGpu(({ utilizationPercent }) => (utilizationPercent === undefined ? undefined : utilizationPercent / 100)),
  );
  text.metric(
    'gauge',
    'millrace_gpu_memory_used_bytes',
    'Memory of the graphics processor in use',
    perGpu(({ memoryUsedBytes }) => memoryUsedBytes),
  );
  text.metric(
    'gauge',
    'millrace_gpu_memory_bytes',
    'Memory of the graphics processor',
    perGpu(({ memoryTotalBytes }) => memoryTotalBytes),
  );
}

function toUs(ms: number): number {
  return Math.round(ms * 1000);
}

function labelsOf(model: { readonly name: string; readonly version: string }): Labels {
  return { model: model.name, version: model.version };
}
