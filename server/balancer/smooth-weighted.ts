/**
 * Smooth weighted round robin, as in nginx: shares are exact and the picks of a heavy candidate are spread out
 * (5,1,1 gives a a b a c a a, not a a a a a b c).
 *
 * A policy of its own, and the order in which others break their ties. It does not judge health: a failure only lowers
 * the share of a candidate for a while; taking it out is health.ts.
 * Source: nginx commit 52327e062 and src/http/ngx_http_upstream_round_robin.c.
 */

import type { Candidate, SelectionPolicy } from './candidate.ts';
import { StateByName } from './state-by-name.ts';

interface Peer {
  credit: number;
  /** As last shown; kept because a failure is reported by name alone. */
  weight: number;
  /** Weight lost by failures and not yet won back; weight − deficit is what nginx calls the effective weight. */
  deficit: number;
}

/**
 * Each pick: every eligible candidate gains its effective weight as credit, the highest credit wins (the first in
 * configured order on a tie), and the winner pays back the sum of what was gained. Who is not eligible neither gains
 * nor pays. With a stable set every sum(weights) picks give each candidate exactly its weight and end with all credits
 * at 0.
 */
export class SmoothWeighted implements SelectionPolicy {
  readonly name = 'round-robin';
  readonly #maxFails: number;
  readonly #peers = new StateByName<Peer>(() => ({ credit: 0, weight: 0, deficit: 0 }));

  /** `maxFails`: a failure costs weight / maxFails; 0 costs nothing. Default 1, nginx's own. */
  constructor(maxFails = 1) {
    this.#maxFails = maxFails;
  }

  pick(all: readonly Candidate[], isEligible: (candidate: Candidate, index: number) => boolean): Candidate | undefined {
    const peers = this.#peers.alignedWith(all);
    let winner: Candidate | undefined;
    let winningPeer: Peer | undefined;
    let gained = 0;
    for (let i = 0; i < all.length; i++) {
      const candidate = all[i]!;
      const peer = peers[i]!;
      peer.weight = candidate.weight;
      if (candidate.weight === 0 || !isEligible(candidate, i)) continue;
      const gain = effectiveWeight(peer);
      peer.credit += gain;
      gained += gain;
      if (peer.deficit > 0) peer.deficit -= 1;
      if (winningPeer === undefined || peer.credit > winningPeer.credit) {
        winner = candidate;
        winningPeer = peer;
      }
    }
    if (winningPeer !== undefined) winningPeer.credit -= gained;
    return winner;
  }

  /** Takes floor(weight / maxFails) off the candidate's effective weight, never below 0; each pick gives back 1. */
  onFailure(name: string): void {
    const peer = this.#peers.of(name);
    if (peer === undefined || this.#maxFails === 0) return;
    peer.deficit = Math.min(peer.weight, peer.deficit + Math.floor(peer.weight / this.#maxFails));
  }

  /** Credit and effective weight as they stand, for inspection; undefined for a name that is not in the set. */
  standingOf(name: string): { readonly credit: number; readonly effectiveWeight: number } | undefined {
    const peer = this.#peers.of(name);
    return peer && { credit: peer.credit, effectiveWeight: effectiveWeight(peer) };
  }
}

function effectiveWeight(peer: Peer): number {
  return Math.max(0, peer.weight - peer.deficit);
}
