/** States of a host for tests of the live stream. */
import type { LiveState } from '../../server/admin/live-delta.ts';
import type { HostView, ModelView } from '../../server/protocol/admin/host-view.ts';

const noTraffic = { requestsPerSecond: 0, failuresPerSecond: 0 };

export function modelView(name: string, change: Partial<ModelView> = {}): ModelView {
  return {
    name,
    state: 'READY',
    reason: '',
    servedVersion: '1',
    versions: [],
    takesPredict: true,
    keepsTestCases: false,
    timeoutMs: 60_000,
    strategy: 'auto',
    queued: 0,
    traffic: noTraffic,
    cache: { ttlSeconds: 3600, hits: 0, misses: 0, savedSeconds: 0 },
    ...change,
  };
}

export function hostView(change: Partial<HostView> = {}): HostView {
  return {
    version: '0',
    pid: 1,
    startedAt: '2026-11-24T09:00:00.000Z',
    upSeconds: 1,
    inferenceUrl: 'http://127.0.0.1:8000',
    adminUrl: 'http://127.0.0.1:8090',
    needsKey: false,
    lan: { isOn: false, urls: [] },
    dataDirectory: 'data',
    modelsFolder: 'models',
    servesStore: true,
    machine: { name: 'pc', cores: 2, totalBytes: 8, freeBytes: 4, cpuPercent: 1 },
    rssBytes: 1,
    connections: 0,
    traffic: noTraffic,
    problems: [],
    models: [],
    ...change,
  };
}

export function liveState(host: Partial<HostView> = {}, change: Partial<Omit<LiveState, 'host'>> = {}): LiveState {
  return { host: hostView(host), jobs: [], events: [], ...change };
}
