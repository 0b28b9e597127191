import { describe, expect, it } from 'vitest';
import type { LiveMessage } from '../../../server/protocol/admin/live-message.ts';
import { applyMessage, initialState, keptEvents, keptJobs } from '../../../renderer/live/live-state.ts';
import { eventView, hostView, jobView, modelView } from '../views.ts';

const snapshot: LiveMessage = {
  type: 'snapshot',
  host: hostView({ models: [modelView({ name: 'a' }), modelView({ name: 'c' })] }),
  jobs: [jobView()],
  events: [eventView(2), eventView(1)],
};
const begun = applyMessage(initialState, snapshot, 1000);

describe('the live state', () => {
  it('is what the snapshot says, and live', () => {
    expect(begun.connection).toBe('live');
    expect(begun.host?.models.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(begun.heardAt).toBe(1000);
  });

  it('takes over what a delta says of the host and leaves the rest', () => {
    const state = applyMessage(begun, { type: 'delta', host: { connections: 7 } }, 2000);
    expect(state.host?.connections).toBe(7);
    expect(state.host?.pid).toBe(1);
    expect(state.host?.models).toBe(begun.host?.models);
  });

  it('keeps models that did not change as the same objects', () => {
    const state = applyMessage(begun, { type: 'delta', models: { c: modelView({ name: 'c', queued: 4 }) } }, 2000);
    expect(state.host?.models[0]).toBe(begun.host?.models[0]);
    expect(state.host?.models[1]?.queued).toBe(4);
  });

  it('adds a new model in the order of names, and drops one that is gone', () => {
    const state = applyMessage(begun, { type: 'delta', models: { b: modelView({ name: 'b' }), c: null } }, 2000);
    expect(state.host?.models.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('replaces a job by its id and puts a newer one first', () => {
    const done = jobView({ state: 'done' });
    const newer = jobView({ id: 'j2', startedAt: '2026-01-01T09:00:00.000Z' });
    const state = applyMessage(begun, { type: 'delta', jobs: [done, newer] }, 2000);
    expect(state.jobs.map(({ id, state: each }) => `${id} ${each}`)).toEqual(['j2 running', 'j1 done']);
  });

  it('puts new events first and takes none twice', () => {
    const state = applyMessage(begun, { type: 'delta', events: [eventView(3), eventView(2)] }, 2000);
    expect(state.events.map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it('is bounded in events and jobs', () => {
    const events = Array.from({ length: keptEvents + 50 }, (_, at) => eventView(at + 10));
    const jobs = Array.from({ length: keptJobs + 5 }, (_, at) => jobView({ id: `x${at}` }));
    const state = applyMessage(begun, { type: 'delta', events, jobs }, 2000);
    expect(state.events).toHaveLength(keptEvents);
    expect(state.events[0]?.id).toBe(keptEvents + 59);
    expect(state.jobs).toHaveLength(keptJobs);
  });

  it('does not touch the host where a delta speaks of neither host nor models', () => {
    expect(applyMessage(begun, { type: 'delta', events: [eventView(9)] }, 2000).host).toBe(begun.host);
  });

  it('keeps a delta before the first snapshot from making a host up', () => {
    expect(applyMessage(initialState, { type: 'delta', host: { connections: 1 } }, 1).host).toBeUndefined();
  });
});
