import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StableHash } from '../../server/balancer/stable-hash.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

const mask = 2n ** 64n - 1n;

/** The same two functions as their authors write them, in arbitrary precision. */
function fnv1a64(bytes: Iterable<number>): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & mask;
  return hash;
}

function splitmix64Finaliser(value: bigint): bigint {
  let z = value;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

test.each(Object.entries(vectors.rendezvous_hash.fnv1a64))('FNV-1a of "%s" is %s', (text, hex) => {
  expect(new StableHash().addText(text).value()).toBe(BigInt(`0x${hex}`));
});

test('equals the arbitrary-precision computation for any text, before and after the finaliser', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const plain = fnv1a64(Buffer.from(text));
      const hash = new StableHash().addText(text);
      expect(hash.value()).toBe(plain);
      expect(hash.finish().value()).toBe(splitmix64Finaliser(plain));
    }),
    { numRuns: 500 },
  );
});

test('goes on from another hash without disturbing it', () => {
  const key = new StableHash().addText('alice').addByte(0);
  const whole = new StableHash().addText('alice').addByte(0).addText('r1').value();
  const draw = new StableHash().addText('something else');
  expect(draw.continueFrom(key).addText('r1').value()).toBe(whole);
  expect(draw.continueFrom(key).addText('r1').finish().value()).toBe(splitmix64Finaliser(whole));
  expect(draw.restart().value()).toBe(new StableHash().value());
});

test('its unit interval never touches 0 or 1', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const hash = new StableHash().addText(text).finish();
      const unit = hash.unitInterval();
      expect(unit).toBeGreaterThan(0);
      expect(unit).toBeLessThan(1);
      expect(Math.abs(unit - (Number(hash.value()) + 1) / 2 ** 64)).toBeLessThanOrEqual(Number.EPSILON);
    }),
  );
});
