import { expect, test } from 'vitest';
import { StateByName } from '../../server/balancer/state-by-name.ts';
import { fakeCandidates } from './fake-candidates.ts';

const named = (...names: string[]) => fakeCandidates({ weights: names.map(() => 1), names });

test('keeps the state of a name when the order of the set changes', () => {
  const states = new StateByName(() => ({ count: 0 }));
  states.alignedWith(named('a', 'b'))[1]!.count = 7;
  expect(states.alignedWith(named('b', 'a')).map(({ count }) => count)).toEqual([7, 0]);
  expect(states.alignedWith(named('c', 'a', 'b')).map(({ count }) => count)).toEqual([0, 0, 7]);
});

test('forgets a name that leaves, so that it starts anew when it comes back', () => {
  const states = new StateByName(() => ({ count: 0 }));
  states.alignedWith(named('a', 'b'))[0]!.count = 7;
  states.alignedWith(named('c', 'b'));
  expect(states.of('a')).toBeUndefined();
  expect(states.alignedWith(named('a', 'b'))[0]).toEqual({ count: 0 });
});
