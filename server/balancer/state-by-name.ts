/**
 * What a selection policy remembers of each candidate between two picks, without holding the candidate itself.
 *
 * State follows the name and is laid out by position, so that a pick costs one string comparison per candidate and no
 * look-up. A name that leaves the set is forgotten; one that comes (or comes back) starts anew.
 */

import type { Candidate } from './candidate.ts';

export class StateByName<State> {
  readonly #create: () => State;
  #names: string[] = [];
  #states: State[] = [];

  constructor(create: () => State) {
    this.#create = create;
  }

  /** The states of `all`, `states[i]` belonging to `all[i]`. Names are unique; valid until the next call. */
  alignedWith(all: readonly Candidate[]): readonly State[] {
    if (!this.#isAlignedWith(all)) this.#realign(all);
    return this.#states;
  }

  /** The state of a name of the set last shown. */
  of(name: string): State | undefined {
    return this.#states[this.#names.indexOf(name)];
  }

  #isAlignedWith(all: readonly Candidate[]): boolean {
    if (all.length !== this.#names.length) return false;
    for (let i = 0; i < all.length; i++) if (all[i]!.name !== this.#names[i]) return false;
    return true;
  }

  #realign(all: readonly Candidate[]): void {
    this.#states = all.map(({ name }) => this.of(name) ?? this.#create());
    this.#names = all.map(({ name }) => name);
  }
}
