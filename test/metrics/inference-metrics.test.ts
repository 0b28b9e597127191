import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../server/metrics/inference-metrics.ts';
import type { ModelReading } from '../../server/metrics/inference-metrics.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';
import { emptyHostReading } from '../fakes/host-reading.ts';
import { readPrometheus } from '../support/prometheus-reader.ts';

const host = { ...emptyHostReading, version: '1.2.3', rssBytes: 1e8, bufferedBytes: 7, connections: 2, upSeconds: 1.5 };

function reading(name: string, statistics = new ModelStatistics()): ModelReading {
  return {
    name,
    version: '1',
    statistics,
    queued: 3,
    inFlight: 4,
    desiredReplicas: 2,
    readyReplicas: 1,
    restarts: 5,
    ready: true,
    replicaRssBytes: 6e7,
  };
}

function samplesOf(models: readonly ModelReading[]): (name: string, labels?: Record<string, string>) => number {
  const { samples } = readPrometheus(renderMetrics(host, models, []));
  return (name, labels = {}) => {
    const found = samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
    expect(found, name).toHaveLength(1);
    return found[0]!.value;
  };
}

describe('the page of /metrics', () => {
  it('can be read by Prometheus, with no model, one and several', () => {
    for (const names of [[], ['a'], ['a', 'b', 'c']]) {
      const { families, samples } = readPrometheus(
        renderMetrics(
          host,
          names.map((name) => reading(name)),
          [],
        ),
      );
      expect(families.size).toBeGreaterThan(20);
      for (const { type, help } of families.values()) {
        expect(['counter', 'gauge', 'histogram']).toContain(type);
        expect(help).not.toBe('');
      }
      expect(samples.filter(({ name }) => name === 'nv_inference_count')).toHaveLength(names.length);
    }
  });

  it('tells what the autoscaler wants, may and has done', () => {
    const scaling = [{ name: 'm', version: '1', min: 1, limit: 3, wanted: 9, growths: 4, shrinks: 2 }];
    const { samples } = readPrometheus(renderMetrics(host, [], scaling));
    const told = samples
      .filter(({ name }) => name.startsWith('millrace_scaling'))
      .map(({ name, labels, value }) => [name.slice('millrace_scaling_'.length), labels['direction'], value]);
    expect(told).toEqual([
      ['wanted_replicas', undefined, 9],
      ['min_replicas', undefined, 1],
      ['limit_replicas', undefined, 3],
      ['decisions_total', 'up', 4],
      ['decisions_total', 'down', 2],
    ]);
  });

  it('leaves out what a graphics driver does not say', () => {
    const card = { name: 'card', utilizationPercent: 25, memoryUsedBytes: undefined, memoryTotalBytes: 8e9 };
    const { samples } = readPrometheus(renderMetrics({ ...host, graphics: [card] }, [], []));
    const told = samples.filter(({ name }) => name.startsWith('millrace_gpu'));
    expect(told.map(({ name, labels, value }) => [name, labels['gpu'], value])).toEqual([
      ['millrace_gpu_busy_ratio', '0', 0.25],
      ['millrace_gpu_memory_bytes', '0', 8e9],
    ]);
  });

  it('has the counters of Triton in its units', () => {
    const statistics = new ModelStatistics();
    const run = { rows: 3, batchRows: 3, leadsBatch: true, waitMs: 0.5, inputMs: 0.1, inferMs: 2, outputMs: 0.2 };
    statistics.recordAnswer({ totalMs: 4, queueMs: 1, run }, 1);
    statistics.recordFailure('BACKEND', 6);
    const value = samplesOf([reading('m', statistics)]);
    expect(value('nv_inference_request_success')).toBe(1);
    expect(value('nv_inference_request_failure', { reason: 'BACKEND' })).toBe(1);
    expect(value('nv_inference_request_failure', { reason: 'OTHER' })).toBe(0);
    expect(value('nv_inference_count')).toBe(3);
    expect(value('nv_inference_exec_count')).toBe(1);
    expect(value('nv_inference_request_duration_us')).toBe(10_000);
    expect(value('nv_inference_queue_duration_us')).toBe(1500);
    expect(value('nv_inference_compute_input_duration_us')).toBe(100);
    expect(value('nv_inference_compute_infer_duration_us')).toBe(2000);
    expect(value('nv_inference_compute_output_duration_us')).toBe(200);
    expect(value('nv_inference_pending_request_count')).toBe(3);
  });

  it('has gauges of the host and of each model, told apart by their labels', () => {
    const value = samplesOf([reading('a'), { ...reading('b'), ready: false, readyReplicas: 0 }]);
    expect(value('millrace_model_ready', { model: 'a', version: '1' })).toBe(1);
    expect(value('millrace_model_ready', { model: 'b' })).toBe(0);
    expect(value('millrace_replicas_desired', { model: 'a' })).toBe(2);
    expect(value('millrace_replicas_ready', { model: 'a' })).toBe(1);
    expect(value('millrace_replica_restarts_total', { model: 'a' })).toBe(5);
    expect(value('millrace_in_flight_requests', { model: 'a' })).toBe(4);
    expect(value('millrace_replica_resident_memory_bytes', { model: 'a' })).toBe(6e7);
    expect(value('millrace_host_resident_memory_bytes')).toBe(1e8);
    expect(value('millrace_buffered_request_bytes')).toBe(7);
    expect(value('millrace_open_connections')).toBe(2);
    expect(value('millrace_build_info', { version: '1.2.3' })).toBe(1);
  });

  it('counts the requests of a histogram like the counters do', () => {
    const statistics = new ModelStatistics();
    for (const totalMs of [0.4, 30, 700]) statistics.recordAnswer({ totalMs, queueMs: 0, run: undefined }, 1);
    const value = samplesOf([reading('m', statistics)]);
    expect(value('millrace_request_duration_seconds_count')).toBe(3);
    expect(value('millrace_request_duration_seconds_bucket', { le: '0.0005' })).toBe(1);
    expect(value('millrace_request_duration_seconds_bucket', { le: '0.05' })).toBe(2);
    expect(value('millrace_request_duration_seconds_bucket', { le: '+Inf' })).toBe(3);
  });
});
