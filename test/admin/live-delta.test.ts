import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffState } from '../../server/admin/live-delta.ts';
import type { LiveState } from '../../server/admin/live-delta.ts';
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import type { LiveDelta } from '../../server/protocol/admin/live-message.ts';
import { hostView, liveState, modelView } from './live-views.ts';

/** What a client does with a difference. */
function apply(host: HostView, delta: LiveDelta | undefined): HostView {
  const models = new Map(host.models.map((model) => [model.name, model]));
  for (const [name, model] of Object.entries(delta?.models ?? {})) {
    if (model === null) models.delete(name);
    else models.set(name, model);
  }
  return { ...host, ...delta?.host, models: [...models.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

const states = fc
  .record({
    rssBytes: fc.nat(2),
    connections: fc.nat(2),
    cpuPercent: fc.nat(2),
    models: fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({ queued: fc.nat(2), labels: fc.option(fc.constant<string[]>(['x']), { nil: undefined }) }),
    ),
  })
  .map(({ rssBytes, connections, cpuPercent, models }) =>
    liveState({
      rssBytes,
      connections,
      machine: { ...hostView().machine, cpuPercent },
      models: Object.keys(models)
        .toSorted()
        .map((name) => {
          const { labels, queued } = models[name]!;
          return modelView(name, { queued, ...(labels !== undefined && { labels }) });
        }),
    }),
  );

describe('the difference between two states', () => {
  it('makes the later one of the earlier one, and is none exactly where they are equal', () => {
    fc.assert(
      fc.property(states, states, (before: LiveState, after: LiveState) => {
        const delta = diffState(before, after);
        expect(apply(before.host, delta)).toEqual(after.host);
        expect(delta === undefined).toBe(JSON.stringify(before) === JSON.stringify(after));
      }),
    );
  });

  it('holds nothing that did not change', () => {
    const before = liveState({ models: [modelView('a'), modelView('b')] });
    const after = liveState({ rssBytes: 2, models: [modelView('a', { queued: 3 }), modelView('b')] });
    expect(diffState(before, after)).toEqual({
      type: 'delta',
      host: { rssBytes: 2 },
      models: { a: modelView('a', { queued: 3 }) },
    });
  });

  it('does not take the passing of time for news', () => {
    const replica = {
      name: 'a/1#0',
      pid: 1,
      state: 'ready',
      device: 'cpu',
      inFlight: 0,
      answered: 0,
      rssBytes: 1,
      restarts: 0,
    } as const;
    const version = {
      version: '1',
      state: 'READY',
      reason: '',
      sizeBytes: 1,
      trafficPercent: 100,
      isShadow: false,
      desiredReplicas: 1,
      threads: 1,
      restarts: 0,
      queued: 0,
      answered: 0,
      failed: 0,
      rssBytes: 1,
      batching: '',
      maxBatchSize: 0,
      lastStderr: [],
    } as const;
    const at = (upSeconds: number, pid = 1): LiveState =>
      liveState({
        upSeconds,
        models: [
          modelView('a', { versions: [{ ...version, lastStderr: [], replicas: [{ ...replica, pid, upSeconds }] }] }),
        ],
      });
    expect(diffState(at(1), at(2))).toBeUndefined();
    expect(diffState(at(1), at(2, 7))?.models).toHaveProperty('a');
  });

  it('tells new events and jobs that moved, each once', () => {
    const event = (id: number) => ({ id, at: '', kind: 'model', severity: 'info', sentence: `${id}` }) as const;
    const job = (done: number) =>
      ({
        id: 'j',
        kind: 'import',
        title: '',
        command: '',
        state: 'running',
        startedAt: '',
        progress: { step: '', done, total: 9, unit: 'bytes' },
      }) as const;
    const before = liveState({}, { events: [event(2), event(1)], jobs: [job(1)] });
    const after = liveState({}, { events: [event(4), event(3), event(2)], jobs: [job(2)] });
    expect(diffState(before, after)).toEqual({ type: 'delta', events: [event(4), event(3)], jobs: [job(2)] });
    expect(diffState(after, after)).toBeUndefined();
  });
});
