/** Random numbers that are the same on every run and machine, so that a failing test fails again. Not for secrets. */

/** Next number in [0, 1) on each call; equal seeds give equal sequences. Source: mulberry32 by Tommy Ettinger. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** `count` float32 numbers, uniform in [-span, span). */
export function randomFloats(random: () => number, count: number, span = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, () => (random() * 2 - 1) * span);
}
