/**
 * What the dispatcher asks of a place that can answer calls: a local replica or a remote server.
 *
 * An upstream owns its in-flight calls. It reports each of them exactly once, through UpstreamEvents, whatever happens:
 * answered, failed, lost with the process, or given back unsent.
 */
import type { MillraceError } from '../base/errors.ts';
import type { Answer, Call } from './call.ts';
import type { Candidate } from './candidate.ts';
import type { FailureEvent } from './retry.ts';

export interface Upstream extends Candidate {
  /** May receive calls now, free slots aside: ready, not draining, not ejected, not stuck in a run. */
  readonly available: boolean;
  /** Alive, though perhaps not available: the set may still use it in a panic. */
  readonly alive: boolean;
  /** Whether it can serve this kind of call and has room for its bytes. */
  takes(call: Call): boolean;
  send(call: Call): void;
  /** The call has been settled by someone else; what it still costs here may be saved. */
  abandon(call: Call): void;
  /** Its in-flight calls in the order in which they were sent. */
  calls(): Iterable<Call>;
}

/** What a remote upstream adds to a failure: there the model's settings decide what follows, not the failure alone. */
export interface RemoteFailure {
  /** Whether another upstream may be tried. */
  readonly mayGoOn: boolean;
  /** The server's own answer, which the client gets where no other upstream is tried. */
  readonly answer?: Answer;
}

export interface UpstreamEvents {
  onAnswer(upstream: Upstream, call: Call, answer: Answer): void;
  /** The call failed without taking the upstream with it. */
  onFailure(upstream: Upstream, call: Call, event: FailureEvent, error: MillraceError, remote?: RemoteFailure): void;
  /** The upstream's process ended. `running` may have caused it, `waiting` had certainly not begun. */
  onLost(upstream: Upstream, running: readonly Call[], waiting: readonly Call[]): void;
  /** Calls that had not begun and need not wait here: they may go elsewhere. */
  onGivenBack(upstream: Upstream, calls: readonly Call[]): void;
  /** It may have become available or a slot may have become free. */
  onCapacity(upstream: Upstream): void;
}
