/**
 * A rate that may not be exceeded on average: a bucket that fills with one second's worth. Times are passed in.
 */

export class RateLimit {
  readonly #perSecond: number;
  readonly #room: number;
  #tokens: number;
  #atMs: number | undefined;

  /** `perSecond` above 0. At least one request may come at once, however low the rate. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#room = Math.max(1, perSecond);
    this.#tokens = this.#room;
  }

  /** Takes one request. 0 where it may come; else the milliseconds after which one may, and nothing is taken. */
  take(nowMs: number): number {
    // A clock that went back gives nothing and takes nothing.
    const passedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    this.#atMs = nowMs;
    this.#tokens = Math.min(this.#room, this.#tokens + (passedMs / 1000) * this.#perSecond);
    if (this.#tokens >= 1) {
      this.#tokens--;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }
}
