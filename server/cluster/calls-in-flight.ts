/**
 * The calls that one replica has, by request id and in the order in which they were sent.
 *
 * Two short arrays, not a Map: V8 keeps a Map's former tables linked to the present one, so one table that has become old carries
 * each later one, and every call that was in it, into the old space (measured: 7 of 20 MB at each collection, an eighth of the
 * host's time). A replica answers mostly in order, so what is looked for is near the front.
 */
export class CallsInFlight<C> implements Iterable<C> {
  readonly #ids: number[] = [];
  readonly #calls: C[] = [];

  get size(): number {
    return this.#ids.length;
  }

  add(id: number, call: C): void {
    this.#ids.push(id);
    this.#calls.push(call);
  }

  /** The call of this id, which is in flight no longer; undefined where there is none. */
  take(id: number): C | undefined {
    if (this.#ids[0] === id) {
      this.#ids.shift();
      return this.#calls.shift();
    }
    const index = this.#ids.indexOf(id);
    if (index === -1) return undefined;
    this.#ids.splice(index, 1);
    return this.#calls.splice(index, 1)[0];
  }

  idOf(call: C): number | undefined {
    return this.#ids[this.#calls.indexOf(call)];
  }

  /** Ids in order, from the `start`th on. */
  idsFrom(start: number): number[] {
    return this.#ids.slice(start);
  }

  /** All calls in order; none is in flight afterwards. */
  takeAll(): C[] {
    this.#ids.length = 0;
    return this.#calls.splice(0);
  }

  [Symbol.iterator](): IterableIterator<C> {
    return this.#calls.values();
  }
}
