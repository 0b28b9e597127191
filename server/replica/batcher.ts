/**
 * The dynamic batcher: owns the calls waiting in a replica and runs them, together where the model allows it.
 *
 * A run blocks the process, so calls that arrive during a run are read together after it: batches form by themselves,
 * without an added delay. `maxBatchDelayMs` adds one for models where fuller batches are worth waiting for. Calls start in
 * the order of arrival and a batch is always a prefix of the queue; the host relies on that when a replica dies, to know
 * which calls cannot have been running.
 */
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { CallHead, ResultHead } from '../protocol/control.ts';
import type { ModelFacts, Tensor } from '../protocol/tensors.ts';
import { decodeCall } from './codec.ts';
import type { DecodedCall } from './codec.ts';
import type { RuntimeSession } from './session.ts';
import { canShareRun, joinRows, sliceRows } from './tensor-rows.ts';

export interface BatcherEvents {
  onResult(requestId: number, head: ResultHead, chunks: readonly Uint8Array[]): void;
  onFailure(requestId: number, error: MillraceError): void;
  /** Nothing waits and nothing runs. */
  onIdle(): void;
}

interface WaitingCall {
  readonly requestId: number;
  readonly head: CallHead;
  readonly body: Buffer;
  readonly arrivedMs: number;
}

interface BatchedCall {
  readonly waiting: WaitingCall;
  readonly decoded: DecodedCall;
}

export class Batcher {
  #model: ModelFacts;
  #session: RuntimeSession;
  #maxDelayMs: number;
  #events: BatcherEvents;
  #waiting: WaitingCall[] = [];
  /** Decoded but not run, because it did not fit the batch before it. Always the head of the queue. */
  #held: BatchedCall | undefined;
  #scheduled = false;
  /** Set while a batch that is not full waits for more. */
  #delay: NodeJS.Timeout | undefined;
  #running = false;

  constructor(model: ModelFacts, session: RuntimeSession, maxDelayMs: number, events: BatcherEvents) {
    this.#model = model;
    this.#session = session;
    this.#maxDelayMs = maxDelayMs;
    this.#events = events;
  }

  get idle(): boolean {
    return !this.#running && this.#held === undefined && this.#waiting.length === 0;
  }

  add(requestId: number, head: CallHead, body: Buffer): void {
    this.#waiting.push({ requestId, head, body, arrivedMs: performance.now() });
    this.#schedule();
  }

  /** Drops a call that waits and says so. One that runs cannot be stopped: its result is sent and the host drops it. */
  cancel(requestId: number): void {
    if (this.#held?.waiting.requestId === requestId) {
      this.#held = undefined;
    } else {
      const index = this.#waiting.findIndex((call) => call.requestId === requestId);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
    }
    this.#events.onFailure(requestId, new MillraceError('client-gone', 'The client has gone.'));
  }

  /** Runs start from the event loop's check phase, after everything that has arrived has been read. */
  #schedule(): void {
    if (this.#scheduled || this.#running) return;
    const delayMs = this.#remainingDelayMs();
    if (delayMs > 0) {
      this.#delay ??= setTimeout(() => void this.#runNext(), delayMs);
      return;
    }
    this.#scheduled = true;
    setImmediate(() => void this.#runNext());
  }

  #remainingDelayMs(): number {
    if (this.#maxDelayMs === 0 || this.#model.maxBatchSize === 0) return 0;
    const oldest = this.#held?.waiting ?? this.#waiting[0];
    if (oldest === undefined || this.#waiting.length >= this.#model.maxBatchSize) return 0;
    return oldest.arrivedMs + this.#maxDelayMs - performance.now();
  }

  async #runNext(): Promise<void> {
    this.#scheduled = false;
    clearTimeout(this.#delay);
    this.#delay = undefined;
    if (this.#running) return;
    const startedMs = performance.now();
    const batch = this.#takeBatch();
    if (batch.length > 0) {
      this.#running = true;
      const ready = batch.some(({ decoded }) => decoded.prepare !== undefined) ? await this.#prepare(batch) : batch;
      if (ready.length > 0) await this.#run(ready, startedMs);
      this.#running = false;
    }
    if (this.#held !== undefined || this.#waiting.length > 0) this.#schedule();
    else this.#events.onIdle();
  }

  /** The longest prefix of the queue that may share a run. Calls that cannot be decoded are answered on the way. */
  #takeBatch(): BatchedCall[] {
    const batch: BatchedCall[] = [];
    const limit = this.#model.maxBatchSize;
    let rows = 0;
    let taken = 0;
    for (;;) {
      const call = this.#held ?? this.#decodeNext(taken);
      if (call === 'none') break;
      if (this.#held === undefined) taken++;
      this.#held = undefined;
      if (call === 'refused') continue;
      const first = batch[0];
      if (
        first !== undefined &&
        (rows + call.decoded.rows > limit || !canShareRun(first.decoded.inputs, call.decoded.inputs))
      ) {
        this.#held = call;
        break;
      }
      batch.push(call);
      rows += call.decoded.rows;
      if (rows >= limit) break;
    }
    this.#waiting.splice(0, taken);
    return batch;
  }

  #decodeNext(index: number): BatchedCall | 'refused' | 'none' {
    const waiting = this.#waiting[index];
    if (waiting === undefined) return 'none';
    try {
      return { waiting, decoded: decodeCall(waiting.head, waiting.body, this.#model) };
    } catch (error) {
      this.#events.onFailure(waiting.requestId, asMillraceError(error));
      return 'refused';
    }
  }

  /**
   * Decodes the pictures of a batch. They belong to its run: what ends the process here is among the first calls of the queue, where the
   * host looks for it. One that cannot be decoded is answered and leaves the batch.
   */
  async #prepare(batch: readonly BatchedCall[]): Promise<BatchedCall[]> {
    const prepared = await Promise.all(
      batch.map(async (call) => {
        if (call.decoded.prepare === undefined) return call;
        try {
          return { ...call, decoded: { ...call.decoded, inputs: await call.decoded.prepare() } };
        } catch (error) {
          this.#events.onFailure(call.waiting.requestId, asMillraceError(error));
          return undefined;
        }
      }),
    );
    return prepared.filter((call) => call !== undefined);
  }

  async #run(batch: readonly BatchedCall[], startedMs: number): Promise<void> {
    const inputs = batch.length === 1 ? batch[0]!.decoded.inputs : joinRows(batch.map((call) => call.decoded.inputs));
    const preparedMs = performance.now();
    let outputs: readonly Tensor[];
    try {
      outputs = await this.#session.run(inputs);
    } catch (error) {
      if (batch.length === 1) this.#events.onFailure(batch[0]!.waiting.requestId, asMillraceError(error));
      else await this.#runOneByOne(batch);
      return;
    }
    const inferredMs = performance.now();
    const slices = cutOutputs(batch, outputs);
    // More or fewer rows came out than went in, and nobody can say whose they are.
    if (slices === undefined) await this.#runOneByOne(batch);
    else this.#answer(batch, slices, { startedMs, preparedMs, inferredMs });
  }

  /** One of the batch spoils the run for all: each runs alone, so that the bad one fails alone. */
  async #runOneByOne(batch: readonly BatchedCall[]): Promise<void> {
    for (const call of batch) await this.#run([call], performance.now());
  }

  #answer(batch: readonly BatchedCall[], slices: readonly (readonly Tensor[])[], at: RunTimes): void {
    const batchRows = countRows(batch);
    let leadsBatch = true;
    for (const [index, call] of batch.entries()) {
      // A run is counted by the first of its results that is sent, not by one that could not be written.
      if (this.#answerOne(call, slices[index]!, batchRows, leadsBatch, at)) leadsBatch = false;
    }
  }

  /** False where the answer could not be written and the call failed. */
  #answerOne(
    call: BatchedCall,
    outputs: readonly Tensor[],
    batchRows: number,
    leadsBatch: boolean,
    at: RunTimes,
  ): boolean {
    const { requestId, arrivedMs, head } = call.waiting;
    const waitMs = at.startedMs - arrivedMs;
    const inferMs = at.inferredMs - at.preparedMs;
    try {
      const encoded = call.decoded.encode(outputs, {
        queueMs: head.queuedMs + waitMs,
        inferenceMs: inferMs,
        totalMs: head.queuedMs + at.inferredMs - arrivedMs,
      });
      const packed = head.wantsOutputs ? call.decoded.pack(outputs) : undefined;
      this.#events.onResult(
        requestId,
        {
          jsonLength: encoded.jsonLength,
          outputsBytes: packed?.byteLength ?? 0,
          rows: call.decoded.rows,
          batchRows,
          leadsBatch,
          waitMs,
          inputMs: at.preparedMs - at.startedMs,
          inferMs,
          outputMs: performance.now() - at.inferredMs,
        },
        packed === undefined ? encoded.chunks : [...encoded.chunks, packed],
      );
      return true;
    } catch (error) {
      this.#events.onFailure(requestId, asMillraceError(error));
      return false;
    }
  }
}

/** Each call's rows of the outputs; undefined where they cannot be told apart. */
function cutOutputs(batch: readonly BatchedCall[], outputs: readonly Tensor[]): (readonly Tensor[])[] | undefined {
  if (batch.length === 1) return [outputs];
  const totalRows = countRows(batch);
  const slices: (readonly Tensor[])[] = [];
  let from = 0;
  for (const call of batch) {
    const slice = sliceRows(outputs, from, from + call.decoded.rows, totalRows);
    if (slice === undefined) return undefined;
    slices.push(slice);
    from += call.decoded.rows;
  }
  return slices;
}

function countRows(batch: readonly BatchedCall[]): number {
  return batch.reduce((sum, call) => sum + call.decoded.rows, 0);
}

interface RunTimes {
  readonly startedMs: number;
  readonly preparedMs: number;
  readonly inferredMs: number;
}
