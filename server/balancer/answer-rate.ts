/** How fast a model answers, measured over the last seconds, and what that means for those who are turned away. */
import { RollingCount } from './rolling-count.ts';

const windowSeconds = 10;

/** Told to clients while nothing has been answered yet: a model that loads takes about that long. */
const unknownSeconds = 5;

export class AnswerRate {
  readonly #answers = new RollingCount(windowSeconds, 1000);

  onAnswer(nowMs: number): void {
    this.#answers.add(nowMs);
  }

  /** How long `queued` requests need at this rate, whole seconds from 1 to 60: the value of Retry-After. */
  secondsFor(queued: number, nowMs: number): number {
    const perSecond = this.#answers.total(nowMs) / windowSeconds;
    return perSecond === 0 ? unknownSeconds : Math.min(60, Math.max(1, Math.ceil(queued / perSecond)));
  }
}
