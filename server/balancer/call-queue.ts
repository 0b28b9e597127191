/**
 * The central queue of one model: two priority classes, first in first out, every call removable in constant time.
 *
 * Bounded by number and by bytes. When the queue has been slow for a while it turns around for calls that have used up
 * half their time: served oldest first, an overloaded queue answers nothing but calls whose client is about to give up.
 */
import type { Call, Priority } from './call.ts';

/** Waiting longer than this for `overloadAfterMs` on end means overload. */
const overloadWaitMs = 1000;
const overloadAfterMs = 5000;

class CallList {
  first: Call | undefined;
  last: Call | undefined;

  append(call: Call): void {
    call.previous = this.last;
    call.next = undefined;
    if (this.last === undefined) this.first = call;
    else this.last.next = call;
    this.last = call;
  }

  prepend(call: Call): void {
    call.next = this.first;
    call.previous = undefined;
    if (this.first === undefined) this.last = call;
    else this.first.previous = call;
    this.first = call;
  }

  remove(call: Call): void {
    if (call.previous === undefined) this.first = call.next;
    else call.previous.next = call.next;
    if (call.next === undefined) this.last = call.previous;
    else call.next.previous = call.previous;
    call.previous = undefined;
    call.next = undefined;
  }
}

export class CallQueue {
  readonly #lists: Record<Priority, CallList> = { interactive: new CallList(), batch: new CallList() };
  #length = 0;
  #bytes = 0;
  /** Since when the head has always been older than `overloadWaitMs`; undefined while it is not. */
  #slowSinceMs: number | undefined;

  get length(): number {
    return this.#length;
  }

  /** Bytes of the waiting bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  append(call: Call): void {
    this.#count(call, 1);
    call.state = 'queued';
    this.#lists[call.request.priority].append(call);
  }

  /** Puts a call that has already waited its turn back at the front. */
  prepend(call: Call): void {
    this.#count(call, 1);
    call.state = 'queued';
    this.#lists[call.request.priority].prepend(call);
  }

  /** The call that is due; it stays in the queue until `remove`. */
  peek(nowMs: number): Call | undefined {
    const list = this.#lists.interactive.first === undefined ? this.#lists.batch : this.#lists.interactive;
    const oldest = list.first;
    if (oldest === undefined) {
      this.#slowSinceMs = undefined;
      return undefined;
    }
    const waitedMs = nowMs - oldest.request.receivedMs;
    if (waitedMs <= overloadWaitMs) {
      this.#slowSinceMs = undefined;
      return oldest;
    }
    this.#slowSinceMs ??= nowMs;
    const overloaded = nowMs - this.#slowSinceMs >= overloadAfterMs;
    const pastHalf = waitedMs > (oldest.request.deadlineMs - oldest.request.receivedMs) / 2;
    return overloaded && pastHalf ? list.last : oldest;
  }

  remove(call: Call): void {
    this.#count(call, -1);
    this.#lists[call.request.priority].remove(call);
  }

  /** All waiting calls, interactive first, oldest first. Removing the call just yielded is allowed. */
  *[Symbol.iterator](): Generator<Call> {
    for (const list of [this.#lists.interactive, this.#lists.batch]) {
      for (let call = list.first; call !== undefined;) {
        const { next } = call;
        yield call;
        call = next;
      }
    }
  }

  #count(call: Call, sign: 1 | -1): void {
    this.#length += sign;
    this.#bytes += sign * call.request.bodyBytes;
  }
}
