import { describe, expect, it } from 'vitest';
import { LiveStore, keptReadings } from '../../../renderer/live/live-store.ts';
import { hostView, modelView } from '../views.ts';

function begun(): LiveStore {
  const store = new LiveStore();
  const traffic = { requestsPerSecond: 5, failuresPerSecond: 1, p95Ms: 20 };
  store.apply({ type: 'snapshot', host: hostView({ traffic }), jobs: [], events: [] }, 0);
  return store;
}

describe('the live store', () => {
  it('tells its listeners of each message until they leave', () => {
    const store = begun();
    let calls = 0;
    const leave = store.subscribe(() => (calls += 1));
    store.apply({ type: 'delta', host: { connections: 1 } }, 1);
    leave();
    store.apply({ type: 'delta', host: { connections: 2 } }, 2);
    expect(calls).toBe(1);
  });

  it('records a reading per second, whether or not the host had news', () => {
    const store = begun();
    for (const second of [1, 2, 3]) store.sample(second * 1000);
    expect(store.series('seconds')).toEqual([1, 2, 3]);
    expect(store.series('requestsPerSecond')).toEqual([5, 5, 5]);
    expect(store.series('p50Ms')).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(store.series('copiesReady', 'iris')).toEqual([1, 1, 1]);
  });

  it('records a gap while the host is gone', () => {
    const store = begun();
    store.sample(1000);
    store.setConnection('gone');
    store.sample(2000);
    expect(store.series('seconds')).toEqual([1, 2]);
    expect(store.series('requestsPerSecond')).toEqual([5, Number.NaN]);
    expect(store.series('copiesReady', 'iris')).toEqual([1, Number.NaN]);
  });

  it('forgets the series of a model that is gone, and all where another host answers', () => {
    const store = begun();
    store.sample(1000);
    store.apply({ type: 'delta', models: { iris: null, new: modelView({ name: 'new' }) } }, 1500);
    store.sample(2000);
    expect(store.series('seconds', 'iris')).toEqual([]);
    expect(store.series('seconds', 'new')).toEqual([2]);
    store.apply({ type: 'snapshot', host: hostView({ startedAt: 'later' }), jobs: [], events: [] }, 2500);
    expect(store.series('seconds')).toEqual([]);
  });

  it('keeps the series over a snapshot of the same run', () => {
    const store = begun();
    store.sample(1000);
    store.apply({ type: 'snapshot', host: hostView(), jobs: [], events: [] }, 2500);
    expect(store.series('seconds')).toEqual([1]);
  });

  it('is bounded', () => {
    const store = begun();
    for (let second = 1; second <= keptReadings + 10; second += 1) store.sample(second * 1000);
    expect(store.series('seconds')).toHaveLength(keptReadings);
    expect(store.series('seconds')[0]).toBe(11);
  });
});
