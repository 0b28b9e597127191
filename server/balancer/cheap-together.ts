/**
 * The `auto` policy: while the requests in flight to a candidate are worth less than the waking of another process, the next
 * one joins them; else the least loaded candidate takes it.
 *
 * A row of a small model takes ten microseconds, the message to a process and its waking several times that, on both sides.
 * Spread over two replicas such requests make twice the messages and half the batches.
 */

import type { Candidate, SelectionPolicy, SelectionRequest } from './candidate.ts';
import { LeastLoaded } from './least-loaded.ts';

/** Longest wait that a request is given for company, milliseconds. Longer runs spread: then waiting costs more than waking. */
const maxBacklogMs = 0.5;

export class CheapTogether implements SelectionPolicy {
  readonly name = 'auto';
  readonly #otherwise: LeastLoaded;

  constructor(maxFails?: number) {
    this.#otherwise = new LeastLoaded('auto', 'sed', maxFails);
  }

  pick(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    request: SelectionRequest,
  ): Candidate | undefined {
    let joined: Candidate | undefined;
    for (const candidate of all) {
      if (candidate.inFlight === 0 || candidate.weight === 0 || candidate.backlogMs >= maxBacklogMs) continue;
      if (joined !== undefined && candidate.inFlight <= joined.inFlight) continue;
      if (isEligible(candidate)) joined = candidate;
    }
    return joined ?? this.#otherwise.pick(all, isEligible, request);
  }

  onFailure(name: string): void {
    this.#otherwise.onFailure(name);
  }
}
