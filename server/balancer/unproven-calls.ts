/**
 * Keeps equal calls that nobody has answered yet on one upstream.
 *
 * Sent to three replicas at once, a request that kills its replica would kill all three before the first death is known.
 * So of equal bodies the first one is tried on one upstream, its twins join it there or wait, and once one of them has been
 * answered the body is proven and spreads freely. Different bodies never wait for each other. Costs a checksum and two map
 * operations per call, and nothing where a model has one upstream.
 */
import { crc32 } from 'node:zlib';
import type { Call } from './call.ts';

/** Bodies longer than twice this are summed at both ends only: a twin is recognised, a near-twin costs a little waiting. */
const sampleBytes = 4096;

/** Proven checksums remembered; older ones must prove themselves again. */
const provenLimit = 8192;

interface Trial {
  readonly upstream: string;
  inFlight: number;
}

/** Equal for equal bodies, however they are cut into pieces; computed once per call. Never 0, which means "not computed". */
export function checksumOf(call: Call): number {
  if (call.checksum !== 0) return call.checksum;
  const { body, bodyBytes } = call.request;
  const sum =
    bodyBytes <= 2 * sampleBytes
      ? checksumOfRange(body, 0, bodyBytes, 0)
      : checksumOfRange(body, bodyBytes - sampleBytes, bodyBytes, checksumOfRange(body, 0, sampleBytes, 0));
  call.checksum = sum * 2 ** 20 + (bodyBytes % 2 ** 20) + 1;
  return call.checksum;
}

function checksumOfRange(pieces: readonly Buffer[], from: number, to: number, seed: number): number {
  let sum = seed;
  let offset = 0;
  for (const piece of pieces) {
    const start = Math.max(0, from - offset);
    const end = Math.min(piece.length, to - offset);
    if (start < end) sum = crc32(start === 0 && end === piece.length ? piece : piece.subarray(start, end), sum);
    offset += piece.length;
  }
  return sum;
}

export class UnprovenCalls {
  readonly #trials = new Map<number, Trial>();
  #proven = new Set<number>();
  #provenBefore = new Set<number>();

  /** The upstream that this call is bound to by a twin in flight; undefined where it may go anywhere. */
  boundTo(call: Call): string | undefined {
    return this.#trials.get(checksumOf(call))?.upstream;
  }

  onSent(call: Call, upstream: string): void {
    if (call.checksum === 0 || this.#isProven(call.checksum)) return;
    const trial = this.#trials.get(call.checksum);
    if (trial === undefined) this.#trials.set(call.checksum, { upstream, inFlight: 1 });
    else trial.inFlight++;
  }

  /** The call left its upstream. True where twins that waited for it may now go on. */
  onEnded(call: Call, answered: boolean): boolean {
    if (call.checksum === 0) return false;
    if (answered) this.#prove(call.checksum);
    const trial = this.#trials.get(call.checksum);
    if (trial === undefined) return false;
    trial.inFlight--;
    if (!answered && trial.inFlight > 0) return false;
    return this.#trials.delete(call.checksum);
  }

  /** A death puts the body back on trial. */
  onDeath(call: Call): void {
    this.#proven.delete(call.checksum);
    this.#provenBefore.delete(call.checksum);
  }

  #isProven(checksum: number): boolean {
    return this.#proven.has(checksum) || this.#provenBefore.has(checksum);
  }

  /** Two generations instead of a sorted list: forgetting is dropping the older one. */
  #prove(checksum: number): void {
    if (this.#proven.has(checksum)) return;
    if (this.#proven.size >= provenLimit / 2) {
      this.#provenBefore = this.#proven;
      this.#proven = new Set();
    }
    this.#proven.add(checksum);
  }
}
