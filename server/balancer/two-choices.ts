/**
 * The `random` policy: two distinct candidates are drawn by weight and the less loaded one takes the request.
 *
 * Nearly as even as comparing all of them (Mitzenmacher, "The power of two choices", 2001) without sending every
 * request to the same momentary minimum. Distinct as in nginx and Knative: Envoy draws with replacement, and then a pair
 * may be the same candidate twice.
 */

import type { Candidate, SelectionPolicy } from './candidate.ts';
import { compareLoad } from './least-loaded.ts';

export class TwoChoices implements SelectionPolicy {
  readonly name = 'random';
  readonly #random: () => number;

  /** `random` yields numbers in [0, 1): one per draw, and one for the coin where the two tie. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The lower (inFlight + 1) / weight of the two wins; a coin decides a tie. */
  pick(all: readonly Candidate[], isEligible: (candidate: Candidate) => boolean): Candidate | undefined {
    const first = this.#draw(all, isEligible, undefined);
    if (first === undefined) return undefined;
    const second = this.#draw(all, isEligible, first);
    if (second === undefined) return first;
    const order = compareLoad('sed', first, second) || this.#random() - 0.5;
    return order < 0 ? first : second;
  }

  onFailure(): void {
    // A draw has no memory.
  }

  /** One candidate by weight among those that may receive, `except` left out. */
  #draw(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    except: Candidate | undefined,
  ): Candidate | undefined {
    let totalWeight = 0;
    for (const candidate of all) {
      if (candidate === except || candidate.weight === 0 || !isEligible(candidate)) continue;
      totalWeight += candidate.weight;
    }
    if (totalWeight === 0) return undefined;
    let point = this.#random() * totalWeight;
    let drawn: Candidate | undefined;
    for (const candidate of all) {
      if (candidate === except || candidate.weight === 0 || !isEligible(candidate)) continue;
      drawn = candidate;
      point -= candidate.weight;
      if (point < 0) break;
    }
    return drawn;
  }
}
