import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallsInFlight } from '../../server/cluster/calls-in-flight.ts';

test('holds what a map by id would hold, in the order of sending, whatever is taken', () => {
  const step = fc.record({ act: fc.constantFrom('add', 'add', 'take', 'takeAll'), at: fc.nat({ max: 30 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const calls = new CallsInFlight<{ name: string }>();
      const map = new Map<number, { name: string }>();
      let lastId = 0;
      for (const { act, at } of steps) {
        if (act === 'add') {
          const call = { name: `call ${++lastId}` };
          calls.add(lastId, call);
          map.set(lastId, call);
          expect(calls.idOf(call)).toBe(lastId);
        } else if (act === 'take') {
          expect(calls.take(at)).toBe(map.get(at));
          map.delete(at);
        } else if (at < 5) {
          expect(calls.takeAll()).toEqual([...map.values()]);
          map.clear();
        }
        expect(calls.size).toBe(map.size);
        expect([...calls]).toEqual([...map.values()]);
        expect(calls.idsFrom(2)).toEqual([...map.keys()].slice(2));
      }
    }),
  );
});

test('knows no id of a call that is not in flight', () => {
  expect(new CallsInFlight<object>().idOf({})).toBeUndefined();
});
