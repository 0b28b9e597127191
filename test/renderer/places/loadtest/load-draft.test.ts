/** What a person fills in for a load test, and the order that it makes: one that the host's schema takes. */
import { describe, expect, it } from 'vitest';
import {
  emptyLoadDraft,
  loadCommand,
  loadFaults,
  loadKinds,
  loadOrder,
} from '../../../../renderer/places/loadtest/load-draft.ts';
import type { LoadDraft } from '../../../../renderer/places/loadtest/load-draft.ts';
import { loadPlanSchema } from '../../../../server/protocol/admin/load-plan.ts';

const draft = (changes: Partial<LoadDraft>): LoadDraft => ({ ...emptyLoadDraft, ...changes });

describe('the draft of a load test', () => {
  it.each(loadKinds)('of kind %s makes an order that the host takes', (kind) => {
    expect(loadFaults(draft({ kind }))).toEqual([]);
    const order = loadOrder('iris', draft({ kind, rows: '2', isCached: true }));
    const plan = loadPlanSchema.parse({ ...order, url: 'http://127.0.0.1:8000' });
    expect(plan).toMatchObject({ model: 'iris', rows: 2, savedAnswers: true, drive: { kind } });
  });

  it('asks for what it says', () => {
    expect(loadOrder('m', draft({ connections: '3', seconds: '2' })).drive).toEqual({
      kind: 'closed',
      connections: [{ from: 3, to: 3, durationMs: 2000 }],
    });
    expect(loadOrder('m', draft({ kind: 'open', rateFrom: '0,5', rateTo: '9' })).drive).toMatchObject({
      perSecond: [{ from: 0.5, to: 9 }],
    });
    expect(loadOrder('m', draft({ kind: 'search', percentile: '99.9', limitMs: '7', seconds: '4' })).drive).toEqual({
      kind: 'search',
      percentile: 99.9,
      limitMs: 7,
      probeMs: 4000,
    });
  });

  it.each<[Partial<LoadDraft>, string]>([
    [{ connections: '0' }, 'connections'],
    [{ connections: '1.5' }, 'connections'],
    [{ connections: '' }, 'connections'],
    [{ connections: '4097' }, 'connections'],
    [{ seconds: '3601' }, 'seconds'],
    [{ rows: 'x' }, 'rows'],
    [{ kind: 'open', rateTo: '200001' }, 'rateTo'],
    [{ kind: 'search', limitMs: '0' }, 'limitMs'],
  ])('with %o is wrong at %s', (changes, field) => {
    expect(loadFaults(draft(changes)).map((fault) => fault.field)).toEqual([field]);
  });

  it('is not wrong where another kind would be', () => {
    expect(loadFaults(draft({ kind: 'open', connections: 'x', limitMs: 'x' }))).toEqual([]);
  });

  it('says the same as a command', () => {
    expect(loadCommand('iris', draft({}))).toBe('npx millrace bench iris --connections 8 --duration 15s');
    expect(loadCommand('iris', draft({ kind: 'open', rows: '2' }))).toBe(
      'npx millrace bench iris --rate 20..200 --duration 15s --rows 2',
    );
    expect(loadCommand('iris', draft({ kind: 'open', rateTo: '20' }))).toContain('--rate 20 ');
    expect(loadCommand('iris', draft({ kind: 'search', isCached: true }))).toBe(
      'npx millrace bench iris --slo p99=50ms --duration 15s --cached',
    );
  });
});
