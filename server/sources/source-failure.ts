/** How a source says no: one sentence, what to do, and a reason for programs, under one error code. */
import { MillraceError } from '../base/errors.ts';

export type SourceFailureReason =
  /** No connection: name, network, TLS, a closed port. */
  | 'unreachable'
  /** The address is one that must not be asked. */
  | 'endpoint'
  | 'credentials'
  | 'forbidden'
  | 'missing'
  /** Silence or a connection that was cut. */
  | 'cut'
  | 'changed'
  | 'size'
  | 'checksum'
  | 'limit'
  | 'redirect'
  | 'manifest'
  | 'protocol'
  | 'not-writable';

/** Reasons that may go away by asking again. */
const passing: ReadonlySet<SourceFailureReason> = new Set(['unreachable', 'cut']);

export function sourceFailure(
  reason: SourceFailureReason,
  message: string,
  hint: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError('source-failed', message, {
    hint,
    details: { reason },
    retryable: passing.has(reason),
    ...(cause !== undefined && { cause }),
  });
}

export function failureReason(error: unknown): SourceFailureReason | undefined {
  if (!(error instanceof MillraceError) || error.code !== 'source-failed') return undefined;
  return error.details?.['reason'] as SourceFailureReason;
}
