/**
 * Waiting calls of one priority, one lane per client, so that a client at full speed does not make the others wait behind it.
 *
 * Weighted round robin: each lane that has calls gets `share` of them per round. Within a lane first in, first out. While no
 * call has a client, which is so without keys, there is one lane and nothing is chosen.
 */
import type { Call, CallClient } from './call.ts';

export class Lane {
  readonly client: CallClient | undefined;
  first: Call | undefined;
  last: Call | undefined;
  length = 0;
  bytes = 0;
  /** Calls that it may send in this round. */
  credit = 0;
  /** Since when its oldest call has always waited too long; owned by CallQueue. */
  slowSinceMs: number | undefined;

  constructor(client: CallClient | undefined) {
    this.client = client;
  }

  get share(): number {
    return this.client === undefined ? 1 : this.client.share;
  }

  append(call: Call): void {
    this.#count(call, 1);
    call.previous = this.last;
    call.next = undefined;
    if (this.last === undefined) this.first = call;
    else this.last.next = call;
    this.last = call;
  }

  prepend(call: Call): void {
    this.#count(call, 1);
    call.next = this.first;
    call.previous = undefined;
    if (this.first === undefined) this.last = call;
    else this.first.previous = call;
    this.first = call;
  }

  remove(call: Call): void {
    this.#count(call, -1);
    if (call.previous === undefined) this.first = call.next;
    else call.previous.next = call.next;
    if (call.next === undefined) this.last = call.previous;
    else call.next.previous = call.previous;
    call.previous = undefined;
    call.next = undefined;
    if (this.first === undefined) this.slowSinceMs = undefined;
  }

  #count(call: Call, sign: 1 | -1): void {
    this.length += sign;
    this.bytes += sign * call.request.bodyBytes;
  }
}

export class ClientLanes {
  /** Of calls without a client. */
  readonly #common = new Lane(undefined);
  /** The others that have calls, by client; bounded by the calls that wait. */
  readonly #byClient = new Map<string, Lane>();
  /** Lanes with calls in the order of their turns; kept only while there is more than the common one. */
  #turns: Lane[] = [];
  #at = 0;

  /** The lane whose turn it is; undefined where nothing waits. */
  get due(): Lane | undefined {
    if (this.#turns.length > 0) return this.#turns[this.#at];
    return this.#common.first === undefined ? undefined : this.#common;
  }

  get hasClients(): boolean {
    return this.#byClient.size > 0;
  }

  append(call: Call): void {
    const lane = this.#laneFor(call);
    lane.append(call);
    if (lane.length === 1) this.#join(lane);
  }

  /** A call that has had its turn and comes back has it again. */
  prepend(call: Call): void {
    const lane = this.#laneFor(call);
    lane.prepend(call);
    if (lane.length === 1) this.#join(lane);
    if (this.#turns.length > 0) lane.credit++;
  }

  /** Takes a call out for another reason than its turn. */
  remove(call: Call): void {
    const lane = this.#laneFor(call);
    lane.remove(call);
    if (lane.first === undefined) this.#leave(lane);
  }

  /** Takes a call out because it is sent, which uses up one of its lane's turns. */
  take(call: Call): void {
    const lane = this.#laneFor(call);
    lane.remove(call);
    if (this.#turns.length === 0) return;
    lane.credit--;
    if (lane.first === undefined) this.#leave(lane);
    else if (lane.credit <= 0 && this.#turns[this.#at] === lane) this.#pass();
  }

  /** Those that have calls. */
  lanes(): readonly Lane[] {
    if (this.#turns.length > 0) return this.#turns;
    return this.#common.first === undefined ? [] : [this.#common];
  }

  laneOf(client: CallClient | undefined): Lane | undefined {
    return client === undefined ? this.#common : this.#byClient.get(client.id);
  }

  /** Lane by lane, the common one first, oldest first. Removing the call just yielded is allowed. */
  *[Symbol.iterator](): Generator<Call> {
    for (const lane of [this.#common, ...this.#byClient.values()]) {
      for (let call = lane.first; call !== undefined;) {
        const { next } = call;
        yield call;
        call = next;
      }
    }
  }

  #laneFor({ request: { client } }: Call): Lane {
    if (client === undefined) return this.#common;
    let lane = this.#byClient.get(client.id);
    if (lane === undefined) this.#byClient.set(client.id, (lane = new Lane(client)));
    return lane;
  }

  /** A lane that begins to wait comes last in the round that is under way. */
  #join(lane: Lane): void {
    if (this.#turns.length === 0) {
      if (lane === this.#common) return;
      this.#turns = this.#common.first === undefined ? [] : [this.#common];
      this.#at = 0;
      for (const first of this.#turns) first.credit = first.share;
    }
    if (this.#turns.length === 0) {
      this.#turns.push(lane);
      lane.credit = lane.share;
      return;
    }
    lane.credit = 0;
    this.#turns.splice(this.#at, 0, lane);
    this.#at++;
  }

  #leave(lane: Lane): void {
    if (lane.client !== undefined) this.#byClient.delete(lane.client.id);
    const index = this.#turns.indexOf(lane);
    if (index === -1) return;
    this.#turns.splice(index, 1);
    if (index < this.#at) this.#at--;
    else if (index === this.#at) this.#begin();
    if (this.#byClient.size === 0) this.#turns = [];
  }

  #pass(): void {
    this.#at++;
    this.#begin();
  }

  /** Gives the lane whose turn begins what it may send. */
  #begin(): void {
    if (this.#turns.length === 0) return;
    if (this.#at >= this.#turns.length) this.#at = 0;
    const lane = this.#turns[this.#at]!;
    lane.credit = lane.share;
  }
}
