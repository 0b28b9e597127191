/** What the gateway asks of the models that are served. Implemented by host/served-model.ts and host/catalog.ts. */
import type { MillraceError } from '../base/errors.ts';
import type { Answer, CallClient, CallRequest } from '../balancer/call.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import type { ModelFacts } from '../protocol/tensors.ts';

/** `IDLE`: not loaded, and the next request loads it. */
export type ModelState = 'LOADING' | 'READY' | 'UNLOADING' | 'UNAVAILABLE' | 'IDLE';

export interface GatewayModel {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly state: ModelState;
  /** Why it is not READY; empty while it is. */
  readonly stateReason: string;
  /** A person unloaded it: requests are refused until it is loaded again, and nobody waits for it to be ready. */
  readonly isUnloaded: boolean;
  /** Signature and labels; undefined until the first replica has loaded the model. */
  readonly facts: ModelFacts | undefined;
  /** Most rows per run and how long a batch waits for more. */
  readonly batching: { readonly maxBatchSize: number; readonly maxDelayMs: number; readonly reason: string };
  readonly desiredReplicas: number;
  readonly threads: number;
  /** Deadline of a request that names none, milliseconds. */
  readonly timeoutMs: number;
  /** Where a session's key is read; undefined unless the strategy is `session`. */
  readonly session: { readonly header?: string | undefined; readonly cookie?: string | undefined } | undefined;
  readonly statistics: ModelStatistics;
  readonly memoryBytes: number;
  /** False where only remote servers run it: what `/predict` means is known to the host that does. */
  readonly takesPredict: boolean;
  /** One row that the model answers, for examples; undefined where none is known. */
  readonly exampleRow: readonly number[] | undefined;

  /** Why a request of this client would be refused now, before its body is read. */
  refusal(client?: CallClient): MillraceError | undefined;
  /** Takes a request. `onAnswer` or `onError` is called exactly once, unless the returned function withdraws it first. */
  submit(request: CallRequest, onAnswer: (answer: Answer) => void, onError: (error: MillraceError) => void): () => void;
}

export interface ModelCatalog {
  /**
   * The version, or without one the model as its clients see it, which chooses a version for each request.
   * Throws `unknown-model` or `unknown-version`.
   */
  find(name: string, version: string | undefined): GatewayModel;
  /** Every version in service, by name, then by version. */
  list(): readonly GatewayModel[];
  /** Every model once, by name, as `find` without a version gives it. */
  models(): readonly GatewayModel[];
}
