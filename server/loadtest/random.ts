/** Chance that can be repeated: the same seed gives the same inputs and arrivals. */

/** At least 0, less than 1. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, good enough for load, one multiplication fast. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
