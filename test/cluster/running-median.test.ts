import { expect, test } from 'vitest';
import { RunningMedian } from '../../server/cluster/running-median.ts';

function after(values: Iterable<number>): number | undefined {
  const median = new RunningMedian();
  for (const value of values) median.add(value);
  return median.value;
}

test('is undefined at first, then the first value', () => {
  expect(after([])).toBeUndefined();
  expect(after([3])).toBe(3);
});

test('stays at the median where one value in ten is far above the others', () => {
  const median = after(Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 200 : 10 + (i % 7))))!;
  expect(median).toBeGreaterThan(10);
  expect(median).toBeLessThan(18);
});

test('follows values that change for good, up and down, within a hundred of them', () => {
  const hundred = (value: number) => Array.from({ length: 100 }, () => value);
  expect(after([...hundred(1), ...hundred(20)])).toBeGreaterThan(18);
  expect(after([...hundred(20), ...hundred(1)])).toBeLessThan(1.1);
});
