import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyNumber } from '../../server/cache/answer-table.ts';
import { PresenceFilter } from '../../server/cache/presence-filter.ts';

let last = 0;
/** Cut from hashes, as those of real keys. */
const numbers = (count: number): number[] =>
  Array.from({ length: count }, () => keyNumber(hash('sha256', String(last++), 'hex')));

it('never denies what was added', () => {
  const filter = new PresenceFilter();
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 52n - 1n), (number) => {
      filter.add(Number(number));
      expect(filter.mayHold(Number(number))).toBe(true);
    }),
  );
});

it('holds nothing before and after', () => {
  const filter = new PresenceFilter();
  const added = numbers(1000);
  expect(added.some((number) => filter.mayHold(number))).toBe(false);
  for (const number of added) filter.add(number);
  filter.empty();
  expect(added.some((number) => filter.mayHold(number))).toBe(false);
});

it('takes fewer than 1 of 100 absent answers for present, with 600,000 in it', () => {
  const filter = new PresenceFilter();
  for (const number of numbers(600_000)) filter.add(number);
  const wrong = numbers(20_000).filter((number) => filter.mayHold(number)).length;
  expect(wrong / 20_000).toBeLessThan(0.01);
});

it('is asked by the first 52 bits of a key', () => {
  expect(keyNumber(`${'f'.repeat(13)}${'0'.repeat(51)}`)).toBe(2 ** 52 - 1);
  expect(keyNumber(`${'0'.repeat(12)}1${'f'.repeat(51)}`)).toBe(1);
});
