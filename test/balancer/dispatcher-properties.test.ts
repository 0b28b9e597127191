import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSelectionPolicy, policyNames } from '../../server/balancer/selection-policies.ts';
import { revive, setUpDispatcher as setUp } from '../fakes/dispatcher-set-up.ts';
import type { FakeUpstream, TestCall } from '../fakes/fake-upstream.ts';

describe('whatever happens, in whatever order', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('submit' as const),
        body: fc.integer({ min: 0, max: 5 }),
        batch: fc.boolean(),
      }),
    },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('answer' as const), at: fc.nat(3) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('fail' as const),
        at: fc.nat(3),
        event: fc.constantFrom(
          'bad-gateway' as const,
          'model-error' as const,
          'connect-failed' as const,
          'refused-overloaded' as const,
          'read-timeout' as const,
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('die' as const), at: fc.nat(3), running: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('giveBack' as const), at: fc.nat(3), running: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('toggle' as const), at: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), at: fc.nat(30) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
    },
  );

  it('every call is settled exactly once, and no upstream gets more than it has room for', () => {
    fc.assert(
      fc.property(fc.constantFrom(...policyNames), fc.array(step, { maxLength: 120 }), (policy, steps) => {
        const { clock, dispatcher, submit } = setUp([1, 2, 3], { policy: createSelectionPolicy(policy), maxQueue: 12 });
        const calls: TestCall[] = [];
        const at = (index: number): FakeUpstream => dispatcher.upstreams[index % 3] as FakeUpstream;
        for (const action of steps) {
          if (action.type === 'submit') {
            calls.push(
              submit(String(action.body), {
                priority: action.batch ? 'batch' : 'interactive',
                affinityKey: String(action.body),
              }),
            );
          } else if (action.type === 'time') {
            clock.ms += action.ms;
            dispatcher.sweep(clock.ms);
          } else if (action.type === 'leave') {
            const call = calls[action.at];
            if (call !== undefined) dispatcher.withdraw(call.call);
          } else if (action.type === 'toggle') {
            at(action.at).available = !at(action.at).available;
            dispatcher.onCapacity();
          } else if (action.type === 'die') {
            const upstream = at(action.at);
            upstream.die(action.running);
            revive(dispatcher, upstream);
          } else if (action.type === 'giveBack') {
            at(action.at).giveBack(action.running);
          } else if (at(action.at).inFlight > 0) {
            if (action.type === 'answer') at(action.at).answer();
            else at(action.at).fail(action.event);
          }
          expect(dispatcher.outstanding).toBe(calls.filter(({ outcomes }) => outcomes.length === 0).length);
        }
        // Whatever still waits is answered once the upstreams work, or runs into its deadline.
        for (const upstream of dispatcher.upstreams as FakeUpstream[]) upstream.available = true;
        dispatcher.onCapacity();
        for (let round = 0; round < 400 && dispatcher.outstanding > 0; round++) {
          for (const upstream of [...dispatcher.upstreams] as FakeUpstream[])
            if (upstream.inFlight > 0) upstream.answer();
        }
        expect(calls.map(({ outcomes }) => outcomes.length)).toEqual(calls.map(() => 1));
        expect(dispatcher.outstanding).toBe(0);
        expect(dispatcher.queued).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
