/**
 * The one error class of Millrace and the closed list of its codes.
 *
 * Code branches on `code`, never on text. The HTTP status of a code is assigned in gateway/error-response.ts and nowhere
 * else; docs/errors.md explains each code to users, and a test ties the two lists together.
 */

/** Every way in which Millrace says no. Adding one does not compile until error-response.ts gives it a status. */
export type ErrorCode =
  // What the client sent
  | 'invalid-request'
  | 'invalid-json'
  | 'invalid-tensor'
  | 'invalid-name'
  | 'unsupported'
  | 'unsupported-encoding'
  | 'payload-too-large'
  | 'misdirected-host'
  | 'forbidden-origin'
  | 'unauthenticated'
  | 'forbidden'
  | 'locked-out'
  | 'rate-limited'
  | 'unsupported-media-type'
  | 'conflict'
  | 'not-found'
  | 'method-not-allowed'
  | 'unknown-model'
  | 'unknown-version'
  | 'invalid-features'
  | 'missing-feature'
  | 'unknown-feature-set'
  | 'unknown-entity'
  | 'unknown-source'
  | 'poison-request'
  | 'client-gone'
  // What the cluster cannot do now
  | 'queue-full'
  | 'memory-full'
  | 'model-not-ready'
  | 'model-failed'
  | 'shutting-down'
  | 'deadline-exceeded'
  // What went wrong inside
  | 'inference-failed'
  | 'replica-lost'
  | 'upstream-failed'
  | 'response-too-large'
  | 'storage-failed'
  | 'source-failed'
  | 'source-busy'
  | 'internal'
  // What the operator configured
  | 'invalid-config'
  | 'no-key'
  | 'invalid-manifest'
  | 'model-load-failed'
  | 'model-refused'
  | 'breaking-change'
  | 'version-in-use'
  | 'disk-full'
  | 'port-in-use'
  | 'service-failed'
  | 'host-not-running';

export interface ErrorOptions {
  /** Facts about the failure with their actual values; safe to show to the client that caused it. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What a person can do about it, one sentence. */
  readonly hint?: string;
  /** True where the same request may succeed later without change. Default false. */
  readonly retryable?: boolean;
  /** Seconds to wait before trying again; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An expected failure. `message` is one sentence with the actual values; it holds no secret and no path of our disk. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The error itself where it is one of ours, else an `internal` one that carries it as its cause. */
export function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('internal', 'Something went wrong inside Millrace.', { cause: error });
}
