/**
 * Calls that may have killed a replica. A suspect runs alone, on an upstream that is kept free for it, one suspect at a
 * time: if that process dies too, it was the call; if it answers, the call was a bystander.
 *
 * Owns the poison guard and the reservation. Costs nothing while nobody is suspected.
 */
import { createHash } from 'node:crypto';
import type { MillraceError } from '../base/errors.ts';
import type { Call } from './call.ts';
import { poisonRequest } from './call-errors.ts';
import { PoisonGuard } from './poison.ts';
import { checksumOf } from './unproven-calls.ts';
import type { Upstream } from './upstream.ts';

export class Suspects {
  readonly #guard = new PoisonGuard();
  /** Of what the guard remembers: only a body with such a checksum is worth a full fingerprint. */
  readonly #checksums = new Set<number>();
  #reserved: Upstream | undefined;
  #running: Call | undefined;

  /** The upstream that takes no other calls. */
  get reserved(): Upstream | undefined {
    return this.#reserved;
  }

  /** Whether a call from the queue is equal to a suspected one; it is then marked to run alone as well, or not at all. */
  recognises(call: Call, nowMs: number): boolean {
    if (this.#checksums.size === 0 || !this.#checksums.has(checksumOf(call))) return false;
    call.alone = this.#guard.stateOf(fingerprintOf(call), nowMs) !== 'clear';
    return call.alone;
  }

  /** Why a suspect is not run again; undefined while it may be. */
  refusal(call: Call, nowMs: number): MillraceError | undefined {
    if (!call.alone) return undefined;
    const fingerprint = fingerprintOf(call);
    if (this.#guard.stateOf(fingerprint, nowMs) !== 'quarantined') return undefined;
    return poisonRequest(this.#guard.incidentOf(fingerprint, nowMs));
  }

  deathsOf(call: Call, nowMs: number): number {
    return call.alone ? this.#guard.deathsOf(fingerprintOf(call), nowMs) : 0;
  }

  /** A process died with these calls possibly running. */
  onDeath(calls: readonly Call[], nowMs: number): void {
    this.#guard.onDeath(calls.map(fingerprintOf), nowMs);
    for (const call of calls) {
      call.alone = true;
      this.#checksums.add(checksumOf(call));
    }
  }

  onAnswered(call: Call): void {
    if (!call.alone) return;
    this.#guard.onSuccess(fingerprintOf(call));
    if (this.#guard.size === 0) this.#checksums.clear();
  }

  /** The upstream on which this suspect may run now. Reserves one, and answers with it once it is idle. */
  choose(call: Call, upstreams: readonly Upstream[]): Upstream | undefined {
    if (this.#running !== undefined) return undefined;
    if (this.#reserved?.available !== true || !this.#reserved.takes(call)) {
      this.#reserved = undefined;
      for (const upstream of upstreams) {
        if (!upstream.available || !upstream.takes(call)) continue;
        if (this.#reserved === undefined || upstream.inFlight < this.#reserved.inFlight) this.#reserved = upstream;
      }
    }
    return this.#reserved?.inFlight === 0 ? this.#reserved : undefined;
  }

  onSent(call: Call): void {
    if (call.alone) this.#running = call;
  }

  onLeft(call: Call): void {
    if (this.#running === call) this.#running = undefined;
  }

  /** Gives the reserved upstream back unless a suspect runs; called when no suspect waits, or when the upstream leaves. */
  release(): void {
    if (this.#running === undefined) this.#reserved = undefined;
  }

  forget(upstream: Upstream): void {
    if (this.#reserved === upstream) this.#reserved = undefined;
  }
}

/** Equal for equal requests to one model version. */
function fingerprintOf(call: Call): string {
  const { kind, jsonLength, body } = call.request;
  const hash = createHash('sha256').update(`${kind} ${jsonLength} `);
  for (const piece of body) hash.update(piece);
  return hash.digest('base64');
}
