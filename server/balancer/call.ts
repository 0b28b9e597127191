/**
 * One inference request on its way through the host: from admission until it is settled, exactly once.
 *
 * A call holds the client's bytes untouched, so that it can be sent again to another replica. It knows nothing of HTTP and
 * nothing of queues beyond the two links that let CallQueue remove it in constant time.
 */
import type { MillraceError } from '../base/errors.ts';
import type { CallKind, RunCost } from '../protocol/control.ts';
import type { PredictForm } from '../protocol/predict-form.ts';
import type { Upstream } from './upstream.ts';

/** Interactive calls are taken before batch ones. */
export type Priority = 'interactive' | 'batch';

/** Who sent a call, where keys tell clients apart. */
export interface CallClient {
  readonly id: string;
  /** Calls per round of the queue, 1 to 100; the others' count beside it. */
  readonly share: number;
  /** Whose saved answers it gets; empty: everybody's. */
  readonly partition: string;
}

export interface CallRequest {
  readonly kind: CallKind;
  /** Of a `predict` body. Default JSON. */
  readonly form?: PredictForm | undefined;
  /** The request's body, decompressed, in the pieces in which it arrived: it is forwarded, not looked at. */
  readonly body: readonly Buffer[];
  readonly bodyBytes: number;
  /** Bytes of it that are JSON; undefined where all of it is. */
  readonly jsonLength: number | undefined;
  readonly priority: Priority;
  readonly clientIp: string;
  /** Undefined without keys. */
  readonly client?: CallClient | undefined;
  /** Session key for the `session` strategy. */
  readonly affinityKey: string | undefined;
  /** Another Millrace has sent it on already: it is not sent on again, so that two of them cannot play ball with it. */
  readonly forwarded: boolean;
  /** Monotonic milliseconds. */
  readonly receivedMs: number;
  readonly deadlineMs: number;
  /** What the client's Cache-Control says of saved answers; undefined where it says nothing. */
  readonly saved?: SavedAnswerUse | undefined;
  /** The outputs are to come back beside the answer, for the cache. Default false. */
  readonly wantsOutputs?: boolean | undefined;
}

/** Which saved answers a client accepts, and whether its own may be saved. */
export interface SavedAnswerUse {
  /** The oldest that will do, seconds; 0: none. Infinity: any. */
  readonly maxAgeSeconds: number;
  readonly maySave: boolean;
}

/** Of a request that is to be run whatever is saved, and leaves nothing behind: a test of ours, or `no-store`. */
export const noSavedAnswer: SavedAnswerUse = { maxAgeSeconds: 0, maySave: false };

/** What came back, ready to be written to the client. */
export type Answer = {
  /** Value of the header that says whether the answer was saved before; undefined until that is known. */
  readonly cache?: string;
} & (
  | {
      readonly type: 'result';
      /** Name of the upstream that answered. */
      readonly upstream: string;
      /** In pieces. */
      readonly body: readonly Buffer[];
      readonly jsonLength: number | undefined;
      readonly cost: RunCost;
      /** Packed; undefined where they were not wanted or are too large. A view of what was received. */
      readonly outputs?: readonly Buffer[] | undefined;
    }
  | {
      /** A saved answer, written in the form that this request asks for. */
      readonly type: 'saved';
      readonly body: readonly Buffer[];
      readonly jsonLength: number | undefined;
    }
  | {
      /** A remote server's answer, passed on. */
      readonly type: 'http';
      readonly upstream: string;
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: readonly Buffer[];
    }
);

export type Outcome = { readonly answer: Answer } | { readonly error: MillraceError };

type CallState = 'new' | 'queued' | 'parked' | 'sent' | 'settled';

export class Call {
  readonly request: CallRequest;
  readonly #onSettled: (call: Call, outcome: Outcome) => void;
  state: CallState = 'new';
  /** Links of the queue it waits in. Owned by CallQueue. */
  previous: Call | undefined;
  next: Call | undefined;
  /** The upstream it was last sent to. */
  upstream: Upstream | undefined;
  sentMs = 0;
  /** Tries that were sent and may have run. */
  tries = 0;
  /** Upstreams that failed it; not tried again while another exists. */
  failedOn: readonly string[] = [];
  /** It may have killed a replica: its next try runs with nothing beside it. */
  alone = false;
  /** Cheap fingerprint, 0 until needed. Equal bodies have equal values; different ones may. */
  checksum = 0;
  /** Releases the retry permit that its present try holds. */
  releasePermit: (() => void) | undefined;

  constructor(request: CallRequest, onSettled: (call: Call, outcome: Outcome) => void) {
    this.request = request;
    this.#onSettled = onSettled;
  }

  get settled(): boolean {
    return this.state === 'settled';
  }

  /** Ends the call. Later outcomes of the same call are dropped, so every path may settle without asking. */
  settle(outcome: Outcome): void {
    if (this.state === 'settled') return;
    this.state = 'settled';
    this.#onSettled(this, outcome);
  }
}
