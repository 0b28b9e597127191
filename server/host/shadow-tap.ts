/**
 * Copies of a model's requests to a shadow version, whose answers are compared with the served ones and thrown away.
 *
 * A copy starts only after its request has been answered, only while nothing waits, and only a few at a time, so that the shadow
 * costs the apps nothing but idle processor time. What is not copied is counted.
 */
import type { MillraceError } from '../base/errors.ts';
import { noSavedAnswer } from '../balancer/call.ts';
import type { Answer, CallRequest } from '../balancer/call.ts';
import { compareAnswers } from '../protocol/answer-comparison.ts';
import type { ServedModel } from './served-model.ts';

export interface ShadowReport {
  readonly version: string;
  readonly compared: number;
  /** Answers in which at least one value differs beyond the tolerance. */
  readonly different: number;
  /** Share of the compared answers, 0 to 1. */
  readonly differentShare: number;
  /** Largest difference between two numbers. */
  readonly worstDifference: number;
  /** Requests that the served version answered and the shadow did not. */
  readonly failed: number;
  /** Not copied because something was waiting, or too large to be compared. */
  readonly passedOver: number;
  /** Mean time from copy to answer, milliseconds. */
  readonly meanMs: number;
}

/** Copies under way at once. */
const maxCopies = 4;
/** Bodies and answers above this are not compared: parsing them would keep the host from its work for milliseconds. */
const maxBytes = 256 * 1024;
/** A float32 that is computed in another order differs in its sixth digit. */
const tolerance = 1e-4;

export class ShadowTap {
  readonly model: ServedModel;
  #copies = 0;
  #compared = 0;
  #different = 0;
  #worstDifference = 0;
  #failed = 0;
  #passedOver = 0;
  #totalMs = 0;

  constructor(model: ServedModel) {
    this.model = model;
  }

  get version(): string {
    return this.model.version;
  }

  report(): ShadowReport {
    const compared = this.#compared;
    return {
      version: this.version,
      compared,
      different: this.#different,
      differentShare: compared === 0 ? 0 : this.#different / compared,
      worstDifference: this.#worstDifference,
      failed: this.#failed,
      passedOver: this.#passedOver,
      meanMs: compared === 0 ? 0 : this.#totalMs / compared,
    };
  }

  /** Submits to the served version as if there were no shadow, and afterwards perhaps to the shadow. */
  submit(
    served: ServedModel,
    request: CallRequest,
    onAnswer: (answer: Answer) => void,
    onError: (error: MillraceError) => void,
  ): () => void {
    return served.submit(
      request,
      (answer) => {
        onAnswer(answer);
        if (this.#mayCopy(served, request, answer)) setImmediate(() => this.#copy(request, answer));
        else this.#passedOver++;
      },
      onError,
    );
  }

  #mayCopy(served: ServedModel, { bodyBytes }: CallRequest, answer: Answer): boolean {
    if (answer.type !== 'result' || this.model.state !== 'READY') return false;
    if (this.#copies >= maxCopies || served.queued > 0 || this.model.queued > 0) return false;
    return bodyBytes <= maxBytes && bytesOf(answer.body) <= maxBytes;
  }

  #copy(request: CallRequest, answer: Answer): void {
    this.#copies++;
    const receivedMs = performance.now();
    this.model.submit(
      {
        ...request,
        priority: 'batch',
        affinityKey: undefined,
        saved: noSavedAnswer,
        receivedMs,
        deadlineMs: receivedMs + (request.deadlineMs - request.receivedMs),
      },
      (copy) => {
        this.#copies--;
        this.#compare(answer, copy, performance.now() - receivedMs);
      },
      () => {
        this.#copies--;
        this.#failed++;
      },
    );
  }

  #compare(answer: Answer, copy: Answer, tookMs: number): void {
    if (answer.type !== 'result' || copy.type !== 'result' || bytesOf(copy.body) > maxBytes) {
      this.#passedOver++;
      return;
    }
    const difference = compareAnswers(answer, copy, tolerance);
    this.#compared++;
    this.#totalMs += tookMs;
    if (difference.isDifferent) this.#different++;
    this.#worstDifference = Math.max(this.#worstDifference, difference.worstDifference);
  }
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
