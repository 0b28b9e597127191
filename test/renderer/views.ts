/** Views of a host for tests of the renderer: plain values that a test changes where it matters. */
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { HostView, ModelView, ReplicaView, VersionView } from '../../server/protocol/admin/host-view.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';

export function copyView(changes: Partial<ReplicaView> = {}): ReplicaView {
  return {
    name: 'iris/1#0',
    pid: 1,
    state: 'ready',
    device: 'cpu',
    inFlight: 0,
    answered: 0,
    rssBytes: 80_000_000,
    upSeconds: 5,
    restarts: 0,
    ...changes,
  };
}

export function versionView(changes: Partial<VersionView> = {}): VersionView {
  return {
    version: '1',
    state: 'READY',
    reason: '',
    sizeBytes: 1000,
    trafficPercent: 100,
    isShadow: false,
    replicas: [copyView()],
    desiredReplicas: 1,
    threads: 1,
    restarts: 0,
    queued: 0,
    answered: 0,
    failed: 0,
    rssBytes: 80_000_000,
    batching: '',
    maxBatchSize: 64,
    lastStderr: [],
    ...changes,
  };
}

export function modelView(changes: Partial<ModelView> = {}): ModelView {
  return {
    name: 'iris',
    state: 'READY',
    reason: '',
    servedVersion: '1',
    versions: [versionView()],
    signature: {
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }],
    },
    takesPredict: true,
    keepsTestCases: false,
    timeoutMs: 60_000,
    strategy: 'auto',
    queued: 0,
    traffic: { requestsPerSecond: 0, failuresPerSecond: 0 },
    cache: { ttlSeconds: 60, hits: 0, misses: 0, savedSeconds: 0 },
    ...changes,
  };
}

export function hostView(changes: Partial<HostView> = {}): HostView {
  return {
    version: '0.1.0',
    pid: 1,
    startedAt: '2026-01-01T08:00:00.000Z',
    upSeconds: 10,
    inferenceUrl: 'http://127.0.0.1:8000',
    adminUrl: 'http://127.0.0.1:8090',
    needsKey: false,
    lan: { isOn: false, urls: [] },
    dataDirectory: '/data',
    modelsFolder: '/models',
    servesStore: true,
    machine: { name: 'pc', cores: 4, totalBytes: 8e9, freeBytes: 4e9, cpuPercent: 12 },
    rssBytes: 100_000_000,
    connections: 0,
    traffic: { requestsPerSecond: 0, failuresPerSecond: 0 },
    problems: [],
    models: [modelView()],
    ...changes,
  };
}

export function jobView(changes: Partial<JobView> = {}): JobView {
  return {
    id: 'j1',
    kind: 'import',
    title: 'Import iris.onnx',
    command: 'millrace models import iris.onnx',
    state: 'running',
    progress: { step: 'Copying', done: 0, total: 0, unit: 'bytes' },
    startedAt: '2026-01-01T08:00:00.000Z',
    ...changes,
  };
}

export function eventView(id: number, changes: Partial<HostEvent> = {}): HostEvent {
  return { id, at: '2026-01-01T08:00:00.000Z', kind: 'model', severity: 'info', sentence: `Event ${id}.`, ...changes };
}
