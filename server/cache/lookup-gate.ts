/**
 * Whether a request is worth looking up and saving. Where a busy model's requests hardly ever repeat, reading each of them, making
 * its key, asking the store and saving its answer costs the host more than running it, and never pays.
 *
 *   open    every request is looked up and saved
 *   closed  only those whose very bytes came lately, and one of 32 others to find out what is missed
 *
 * Judged once per window of 512 requests: what the hits saved against what the looks cost. A closed gate counts a body that came
 * before as the hit that it would have been. A model that is not busy has an open gate, whatever its requests: its host has time.
 * Decides by what it is told, time included.
 */

/** Requests per judgement: enough to tell one hit in fifty from none. */
const windowRequests = 512;

/** A window that takes longer than this is not busy, milliseconds: below fifty requests a second a look costs nobody anything. */
const busyWindowMs = 10_000;

/** Reading a small request, its key, the look and the save, milliseconds of the host (measured: 28 µs of the digits demo). */
const lookCostMs = 0.03;

/** What a hit saves beside the run itself: the way to the replica and back, milliseconds. */
const wayCostMs = 0.03;

/** Closes where looking returns less than this part of its cost, and opens where it returns all of it. */
const closeBelow = 0.5;

/** Of the requests that a closed gate would pass by, one in so many is looked up all the same. */
const sampleEvery = 32;

/** Bodies remembered while closed, by their checksums; a power of two. 64 KiB. */
const rememberedBodies = 16_384;

/** Why a request is looked up and saved; `passed-by`: it is not. */
export type Admission = 'looked-up' | 'repeated' | 'sampled' | 'passed-by';

export class LookupGate {
  #requests = 0;
  /** Hits, or what would have been. */
  #hits = 0;
  #windowStartMs = 0;
  #runMs = 0;
  #sinceSample = 0;
  /** By the checksum's low bits; undefined while the gate is open. */
  #remembered: Int32Array | undefined;

  get isOpen(): boolean {
    return this.#remembered === undefined;
  }

  /** `checksum` is of the body and how it is asked, 32 bits; asked for only while the gate is closed. */
  admit(checksum: () => number, nowMs: number): Admission {
    if (this.#requests >= windowRequests || nowMs - this.#windowStartMs > busyWindowMs) this.#judge(nowMs);
    this.#requests++;
    if (this.#remembered === undefined) return 'looked-up';
    const sum = checksum() | 0;
    const at = sum & (rememberedBodies - 1);
    if (this.#remembered[at] === sum) {
      this.#hits++;
      return 'repeated';
    }
    this.#remembered[at] = sum;
    this.#sinceSample = (this.#sinceSample + 1) % sampleEvery;
    return this.#sinceSample === 0 ? 'sampled' : 'passed-by';
  }

  /** An admitted request was answered without a run. */
  onHit(admission: Admission): void {
    // A repeated body has been counted already; a sample stands for all that were passed by.
    if (admission === 'looked-up') this.#hits++;
    else if (admission === 'sampled') this.#hits += sampleEvery;
  }

  /** An admitted request was run, for so long. */
  onRun(runMs: number): void {
    this.#runMs += (runMs - this.#runMs) * (this.#runMs === 0 ? 1 : 0.05);
  }

  #judge(nowMs: number): void {
    const isBusy = this.#requests >= windowRequests && nowMs - this.#windowStartMs <= busyWindowMs;
    const returned = (this.#hits * (this.#runMs + wayCostMs)) / (this.#requests * lookCostMs);
    if (!isBusy || returned >= 1) this.#remembered = undefined;
    else if (returned < closeBelow) this.#remembered ??= new Int32Array(rememberedBodies);
    this.#requests = 0;
    this.#hits = 0;
    this.#windowStartMs = nowMs;
  }
}
