/**
 * Requests that wait while no version can take them, in the moment in which one version has to go before the next one fits.
 * Bounded like the queue that they would otherwise be in; each is answered, handed on, or refused at its deadline.
 */
import { deadlineError } from './served-model-words.ts';
import { MillraceError } from '../base/errors.ts';
import type { Answer, CallRequest } from '../balancer/call.ts';

export interface HeldRequest {
  readonly request: CallRequest;
  onAnswer(answer: Answer): void;
  onError(error: MillraceError): void;
}

/** A deadline is kept to within this, milliseconds. */
const sweepIntervalMs = 25;
/** As many as the smallest queue of a version has places. */
const maxHeld = 1024;

export class HeldRequests {
  readonly #held = new Map<HeldRequest, { withdraw: (() => void) | undefined }>();
  readonly #maxBytes: number;
  #bytes = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Holds a request, or refuses it at once. The returned function withdraws it, also after it has been handed on. */
  add(held: HeldRequest): () => void {
    const { bodyBytes } = held.request;
    if (this.#held.size >= maxHeld || this.#bytes + bodyBytes > this.#maxBytes) {
      held.onError(
        new MillraceError(
          'queue-full',
          `${this.#held.size} requests wait for the next version of this model already.`,
          {
            retryable: true,
            retryAfterSeconds: 1,
          },
        ),
      );
      return () => {};
    }
    const state: { withdraw: (() => void) | undefined } = { withdraw: undefined };
    this.#held.set(held, state);
    this.#bytes += bodyBytes;
    this.#sweeper ??= setInterval(() => this.#sweep(performance.now()), sweepIntervalMs);
    return () => {
      if (this.#take(held)) return;
      state.withdraw?.();
    };
  }

  /** Hands everything on, in the order in which it came. `submit` is a model's own. */
  release(
    submit: (
      request: CallRequest,
      onAnswer: (answer: Answer) => void,
      onError: (error: MillraceError) => void,
    ) => () => void,
  ): void {
    for (const [held, state] of this.#held) {
      this.#take(held);
      state.withdraw = submit(held.request, held.onAnswer, held.onError);
    }
  }

  #sweep(nowMs: number): void {
    for (const held of this.#held.keys()) {
      if (held.request.deadlineMs > nowMs) continue;
      this.#take(held);
      held.onError(deadlineError(held.request));
    }
  }

  #take(held: HeldRequest): boolean {
    if (!this.#held.delete(held)) return false;
    this.#bytes -= held.request.bodyBytes;
    if (this.#held.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    return true;
  }
}
