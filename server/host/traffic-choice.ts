/**
 * Which version answers a request that names none: pure. With a session key the same version each time, by weighted rendezvous
 * hashing, so that a change of weights moves only the sessions that have to move; without one by the number drawn.
 */
import { StableHash } from '../balancer/stable-hash.ts';

export interface Choosable {
  readonly version: string;
  /** Above 0. */
  readonly weight: number;
}

/** `draw` is from 0 to below 1. Undefined only where nothing is to be chosen from. */
export function chooseVersion<T extends Choosable>(
  choices: readonly T[],
  key: string | undefined,
  draw: number,
): T | undefined {
  if (choices.length < 2) return choices[0];
  return key === undefined || key === '' ? byDraw(choices, draw) : byKey(choices, key);
}

function byDraw<T extends Choosable>(choices: readonly T[], draw: number): T | undefined {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let left = draw * total;
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice;
  }
  return choices.at(-1);
}

function byKey<T extends Choosable>(choices: readonly T[], key: string): T | undefined {
  const keyHash = new StableHash().addText(key).addByte(0);
  let best: T | undefined;
  let bestScore = -1;
  for (const choice of choices) {
    const draw = new StableHash().continueFrom(keyHash).addText(choice.version).finish().unitInterval();
    const score = choice.weight / -Math.log(draw);
    if (score > bestScore) {
      best = choice;
      bestScore = score;
    }
  }
  return best;
}

const goldenRatio = 0.618_033_988_749_894_9;

/**
 * Numbers from 0 to 1 that fill the interval evenly from the first ones on, so that a split of 90 to 10 is one after a hundred
 * requests and not only after ten thousand. Not for secrets.
 */
export class EvenDraws {
  #last = 0;

  next(): number {
    this.#last = (this.#last + goldenRatio) % 1;
    return this.#last;
  }
}
