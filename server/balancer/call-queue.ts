/**
 * The central queue of one model: two priority classes, in each the clients in turn, of each first in first out; every call
 * removable in constant time.
 *
 * Bounded by number and by bytes. When the queue has been slow for a while it turns around for calls that have used up
 * half their time: served oldest first, an overloaded queue answers nothing but calls whose client is about to give up.
 */
import type { Call, CallClient, Priority } from './call.ts';
import { ClientLanes } from './client-lanes.ts';
import type { Lane } from './client-lanes.ts';

/** Waiting longer than this for `overloadAfterMs` on end means overload. */
const overloadWaitMs = 1000;
const overloadAfterMs = 5000;

/** What a queue may hold. */
export interface QueueLimits {
  /** Calls. */
  readonly maxQueue: number;
  /** Bytes of their bodies. */
  readonly maxQueueBytes: number;
}

export class CallQueue {
  readonly #classes: Record<Priority, ClientLanes> = { interactive: new ClientLanes(), batch: new ClientLanes() };
  #length = 0;
  #bytes = 0;

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
    this.#classes[call.request.priority].append(call);
  }

  /** Puts a call that has already waited its turn back at the front. */
  prepend(call: Call): void {
    this.#count(call, 1);
    call.state = 'queued';
    this.#classes[call.request.priority].prepend(call);
  }

  /** The call that is due; it stays in the queue until `take` or `remove`. */
  peek(nowMs: number): Call | undefined {
    const lane = this.#classes.interactive.due ?? this.#classes.batch.due;
    return lane === undefined ? undefined : dueOf(lane, nowMs);
  }

  /** Takes out the call that is due, because it is sent: its client's turn is used. */
  take(call: Call): void {
    this.#count(call, -1);
    this.#classes[call.request.priority].take(call);
  }

  remove(call: Call): void {
    this.#count(call, -1);
    this.#classes[call.request.priority].remove(call);
  }

  /**
   * The call that has to make room in a full queue for one of `client`: the newest of the client that has most waiting for its
   * share. Undefined where that is `client` itself, or where nobody has a key.
   */
  victimFor(client: CallClient | undefined, bodyBytes: number, limits: QueueLimits): Call | undefined {
    const { interactive, batch } = this.#classes;
    if (!interactive.hasClients && !batch.hasClients) return undefined;
    const loads = new Map<string, number>();
    const load = (calls: number, bytes: number): number =>
      Math.max(calls / limits.maxQueue, bytes / limits.maxQueueBytes);
    let longest: CallClient | undefined;
    let most = 0;
    // What may wait makes room first.
    for (const lane of [...interactive.lanes(), ...batch.lanes()]) {
      const id = lane.client?.id ?? '';
      const sum = (loads.get(id) ?? 0) + load(lane.length, lane.bytes) / lane.share;
      loads.set(id, sum);
      if (sum > most) [most, longest] = [sum, lane.client];
    }
    if (longest?.id === client?.id) return undefined;
    const own = (loads.get(client?.id ?? '') ?? 0) + load(1, bodyBytes) / (client?.share ?? 1);
    if (own >= most) return undefined;
    return batch.laneOf(longest)?.last ?? interactive.laneOf(longest)?.last;
  }

  /** All waiting calls, interactive first, oldest first of each client. Removing the call just yielded is allowed. */
  *[Symbol.iterator](): Generator<Call> {
    yield* this.#classes.interactive;
    yield* this.#classes.batch;
  }

  #count(call: Call, sign: 1 | -1): void {
    this.#length += sign;
    this.#bytes += sign * call.request.bodyBytes;
  }
}

/** The oldest, or in an overloaded lane whose oldest has used up half its time the newest. */
function dueOf(lane: Lane, nowMs: number): Call {
  const oldest = lane.first!;
  const waitedMs = nowMs - oldest.request.receivedMs;
  if (waitedMs <= overloadWaitMs) {
    lane.slowSinceMs = undefined;
    return oldest;
  }
  lane.slowSinceMs ??= nowMs;
  const overloaded = nowMs - lane.slowSinceMs >= overloadAfterMs;
  const pastHalf = waitedMs > (oldest.request.deadlineMs - oldest.request.receivedMs) / 2;
  return overloaded && pastHalf ? lane.last! : oldest;
}
