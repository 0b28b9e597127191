/**
 * A list whose items hold their own links, so that taking one out of the middle costs two assignments and nothing is allocated.
 *
 * For what comes and goes with each request. A Map or Set would do the same, but V8 links its former tables to the present
 * one, and tables that have become old carry all that was ever in them into the old space.
 */

/** What an item extends. One item is in one list at a time. */
export class Linked<T> {
  previous: T | undefined;
  next: T | undefined;
  list: LinkedList<never> | undefined;
}

export class LinkedList<T extends Linked<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** Puts the item at the end, and takes it out of the list that it was in. */
  append(item: T): void {
    item.list?.remove(item as never);
    item.list = this as unknown as LinkedList<never>;
    item.previous = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
    this.#size++;
  }

  /** Does nothing with an item of another list, or of none. */
  remove(item: T): void {
    if (item.list !== (this as unknown)) return;
    if (item.previous === undefined) this.#first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    item.list = undefined;
    this.#size--;
  }

  /** From the first on. Ends early where the item that was given last is taken out meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item !== undefined; item = item.next) yield item;
  }
}
