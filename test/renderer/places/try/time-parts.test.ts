import { describe, expect, it } from 'vitest';
import { timeParts } from '../../../../renderer/places/try/time-parts.ts';

describe('the parts of a time', () => {
  it('sum to what the browser measured', () => {
    const parts = timeParts({ queueMs: 1, inferenceMs: 2, totalMs: 4 }, 10);
    expect(parts.map(({ name, ms }) => [name, ms])).toEqual([
      ['queue', 1],
      ['model', 2],
      ['rest', 1],
      ['network', 6],
    ]);
  });

  it('are never negative where two clocks disagree', () => {
    expect(timeParts({ queueMs: 1, inferenceMs: 2, totalMs: 2.9 }, 2.5).map(({ ms }) => ms)).toEqual([1, 2, 0, 0]);
  });

  it('are one where the host does not say', () => {
    expect(timeParts(undefined, 5)).toEqual([{ name: 'network', ms: 5 }]);
  });
});
