/**
 * The `session` policy: rendezvous hashing (highest random weight, Thaler and Ravishankar 1998) with bounded load.
 *
 * Each candidate draws a number from the key and its own name and the highest wins, so there is no table: when a candidate
 * leaves, its keys move and no other; when one joins, keys move only to it. A key that overflowed goes back once its
 * candidate has room. Keeping a session's requests in order or its state alive is not promised here.
 */

import type { Candidate, SelectionPolicy, SelectionRequest } from './candidate.ts';
import { SmoothWeighted } from './smooth-weighted.ts';
import { StableHash } from './stable-hash.ts';

/** HAProxy's manual calls 1.25 to 2 reasonable for `hash-balance-factor`. */
const defaultBoundedLoadFactor = 1.25;

export class Rendezvous implements SelectionPolicy {
  readonly name = 'session';
  readonly #boundedLoadFactor: number;
  readonly #keyless: SmoothWeighted;
  readonly #keyHash = new StableHash();
  readonly #drawHash = new StableHash();

  /**
   * `boundedLoadFactor`: no candidate takes a keyed request that would lift it above this multiple of its fair share
   * of what is in flight; 1 or more, or 0 for no bound. Without one, a single hot client fills its candidate while the
   * others idle.
   */
  constructor(boundedLoadFactor = defaultBoundedLoadFactor, maxFails?: number) {
    this.#boundedLoadFactor = boundedLoadFactor;
    this.#keyless = new SmoothWeighted(maxFails);
  }

  /** A request without a key, or with an empty one, goes round robin: hashing it would pile all of them on one candidate. */
  pick(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    { affinityKey }: SelectionRequest,
  ): Candidate | undefined {
    if (!affinityKey) return this.#keyless.pick(all, isEligible);
    let totalInFlight = 0;
    let eligibleWeight = 0;
    for (const candidate of all) {
      totalInFlight += candidate.inFlight;
      if (candidate.weight > 0 && isEligible(candidate)) eligibleWeight += candidate.weight;
    }
    // A candidate's cap is its share by weight of this, rounded up (HAProxy src/lb_chash.c; ceil(c × (total + 1) / n) at
    // equal weights). The caps of the eligible sum to more than all that is in flight, so one of them always has room.
    const allowedInFlight = this.#boundedLoadFactor * (totalInFlight + 1);
    this.#keyHash.restart().addText(affinityKey).addByte(0);
    let best: Candidate | undefined;
    let bestScore = 0;
    for (const candidate of all) {
      if (candidate.weight === 0 || !isEligible(candidate)) continue;
      const cap = Math.ceil((allowedInFlight * candidate.weight) / eligibleWeight);
      if (this.#boundedLoadFactor > 0 && candidate.inFlight + 1 > cap) continue;
      const draw = this.#drawHash.continueFrom(this.#keyHash).addText(candidate.name).finish().unitInterval();
      const score = candidate.weight / -Math.log(draw);
      if (score > bestScore) {
        best = candidate;
        bestScore = score;
      }
    }
    return best;
  }

  onFailure(name: string): void {
    this.#keyless.onFailure(name);
  }
}
