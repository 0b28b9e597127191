/**
 * Remembers requests that killed a replica, so that one of them cannot walk through the cluster.
 *
 *   clear ── a death ──► suspect ── a second death ──► quarantined ── 10 minutes ──► clear
 *     ▲                     │
 *     └── a success, or 10 minutes
 *
 * A suspect's next try runs alone on a replica, which the dispatcher sees to: then a second death is its own doing, and a
 * bystander of the first clears itself by succeeding. The fingerprint is any string that is equal for equal requests to
 * the same model version; this file neither computes it nor keeps bodies. Time is passed in.
 */

import { randomUUID } from 'node:crypto';

export type PoisonState = 'clear' | 'suspect' | 'quarantined';

export const deathsToQuarantine = 2;

interface Entry {
  readonly untilMs: number;
  /** Of a quarantine; a suspect has none yet. */
  readonly incidentId: string | undefined;
}

export interface PoisonGuardOptions {
  /** Fingerprints remembered. Default 4,096: a few hundred kB. */
  readonly maxFingerprints?: number;
  /** Default 10 minutes. Suspicion lapses after as long. */
  readonly quarantineMs?: number;
  /** Default: eight hexadecimal digits. */
  readonly newIncidentId?: () => string;
}

export class PoisonGuard {
  readonly #maxFingerprints: number;
  readonly #quarantineMs: number;
  readonly #newIncidentId: () => string;
  // Both in order of their deaths, so the first entry is the oldest and the next to lapse.
  readonly #suspects = new Map<string, Entry>();
  readonly #quarantined = new Map<string, Entry>();

  constructor(options: PoisonGuardOptions = {}) {
    this.#maxFingerprints = options.maxFingerprints ?? 4096;
    this.#quarantineMs = options.quarantineMs ?? 600_000;
    this.#newIncidentId = options.newIncidentId ?? (() => randomUUID().slice(0, 8));
  }

  /** Fingerprints remembered. At 0, the usual case, nobody needs to compute one. */
  get size(): number {
    return this.#suspects.size + this.#quarantined.size;
  }

  stateOf(fingerprint: string, nowMs: number): PoisonState {
    this.#forgetLapsed(nowMs);
    if (this.#quarantined.has(fingerprint)) return 'quarantined';
    return this.#suspects.has(fingerprint) ? 'suspect' : 'clear';
  }

  /** Processes that died with it and are remembered: 0, 1 or 2. */
  deathsOf(fingerprint: string, nowMs: number): number {
    const state = this.stateOf(fingerprint, nowMs);
    if (state === 'quarantined') return deathsToQuarantine;
    return state === 'suspect' ? 1 : 0;
  }

  /** What to quote to the client of a quarantined request; undefined for others. */
  incidentOf(fingerprint: string, nowMs: number): string | undefined {
    this.#forgetLapsed(nowMs);
    return this.#quarantined.get(fingerprint)?.incidentId;
  }

  /** A process died with these running. One death counts once per fingerprint, however often it ran in that process. */
  onDeath(fingerprints: Iterable<string>, nowMs: number): void {
    this.#forgetLapsed(nowMs);
    for (const fingerprint of new Set(fingerprints)) this.#blame(fingerprint, nowMs);
    this.#forgetOldest();
  }

  /** It was answered. Clears a suspect; a quarantine stands. */
  onSuccess(fingerprint: string): void {
    this.#suspects.delete(fingerprint);
  }

  #blame(fingerprint: string, nowMs: number): void {
    const untilMs = nowMs + this.#quarantineMs;
    const before = this.#quarantined.get(fingerprint);
    if (before === undefined && !this.#suspects.has(fingerprint)) {
      this.#suspects.set(fingerprint, { untilMs, incidentId: undefined });
      return;
    }
    this.#suspects.delete(fingerprint);
    this.#quarantined.delete(fingerprint);
    this.#quarantined.set(fingerprint, { untilMs, incidentId: before?.incidentId ?? this.#newIncidentId() });
  }

  #forgetLapsed(nowMs: number): void {
    for (const entries of [this.#suspects, this.#quarantined]) {
      for (const [fingerprint, { untilMs }] of entries) {
        if (nowMs < untilMs) break;
        entries.delete(fingerprint);
      }
    }
  }

  /**
   * Suspects go first, since a quarantine has cost two processes to learn. The newest suspect stays, or a guard full of
   * quarantines would catch nobody new.
   */
  #forgetOldest(): void {
    while (this.size > this.#maxFingerprints) {
      const entries = this.#suspects.size > 1 || this.#quarantined.size === 0 ? this.#suspects : this.#quarantined;
      for (const fingerprint of entries.keys()) {
        entries.delete(fingerprint);
        break;
      }
    }
  }
}
