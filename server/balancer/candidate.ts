/**
 * The balancer's vocabulary: what a selection policy is shown and what it answers.
 *
 * On the request path (gateway → admission → dispatcher → *policy* → replica). A candidate is the dispatcher's own live
 * object: its `inFlight` changes between picks. A policy therefore keeps no reference to one across picks, only its
 * name, and forgets a name once it has left the set. Types only; this file holds no behaviour.
 */

/** One place that a request can be bound to, as the dispatcher shows it. */
export interface Candidate {
  /** Stable slot name such as `iris/1#0`: it outlives a restart, so that hashed keys stay where they are. */
  readonly name: string;
  /** Integer 0..1000; 0 receives nothing that is not pinned to it. */
  readonly weight: number;
  /** Requests bound to it and not yet answered. */
  readonly inFlight: number;
  /** Most requests in flight at once; Infinity where there is no cap. */
  readonly slots: number;
  /** What a request would wait for behind those in flight, an estimate, milliseconds; Infinity where nothing is known. */
  readonly backlogMs: number;
}

/** What a policy may know about the request. */
export interface SelectionRequest {
  /** The peer's address as the socket gives it: IPv4, IPv6, IPv4-mapped IPv6; anything else is a local socket. */
  readonly clientIp: string;
  /** The session's key, undefined where the client gave none. */
  readonly affinityKey: string | undefined;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/** `auto` is the default: a central queue, cheap requests together, and else the slot with the smallest expected wait. */
export type PolicyName = 'auto' | 'round-robin' | 'least-connections' | 'ip-hash' | 'session' | 'random';

/** Chooses among free slots. One instance serves one replica set; it is not shared between sets. */
export interface SelectionPolicy {
  readonly name: PolicyName;
  /**
   * The candidate that gets this request, or undefined if none may. `all` is the whole set in configured order, the
   * ineligible ones included (hash tables are built over them); `isEligible` says which may receive now: healthy, a
   * free slot, not yet tried by this request. O(n) for the few candidates of one host (n ≤ 64).
   */
  pick(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    request: SelectionRequest,
  ): Candidate | undefined;
  /** A try on the named candidate failed. Policies with effective weights lower them; the others ignore it. */
  onFailure(name: string): void;
}
