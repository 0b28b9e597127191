/**
 * The only place where an error code becomes an HTTP status, and where an error becomes the body that a client reads.
 *
 * What the client sent wrong is said in full. What went wrong inside is a code and a request id; the log has the rest
 * under the same id.
 */
import { randomUUID } from 'node:crypto';
import type { ErrorCode, MillraceError } from '../base/errors.ts';

const statuses = {
  'invalid-request': 400,
  'invalid-json': 400,
  'invalid-tensor': 400,
  'invalid-name': 400,
  unsupported: 501,
  'unsupported-encoding': 501,
  'payload-too-large': 413,
  'misdirected-host': 421,
  'forbidden-origin': 403,
  unauthenticated: 401,
  forbidden: 403,
  'locked-out': 429,
  'rate-limited': 429,
  'unsupported-media-type': 415,
  conflict: 409,
  'not-found': 404,
  'method-not-allowed': 405,
  'unknown-model': 404,
  'unknown-version': 404,
  'invalid-features': 422,
  'missing-feature': 422,
  'unknown-feature-set': 404,
  'unknown-entity': 404,
  'unknown-source': 404,
  'poison-request': 422,
  'client-gone': 499,
  'queue-full': 503,
  'memory-full': 503,
  'model-not-ready': 503,
  'model-failed': 503,
  'shutting-down': 503,
  'deadline-exceeded': 504,
  'inference-failed': 500,
  'replica-lost': 502,
  'upstream-failed': 502,
  'response-too-large': 507,
  'storage-failed': 500,
  'source-failed': 502,
  'source-busy': 409,
  internal: 500,
  'invalid-config': 500,
  'no-key': 409,
  'invalid-manifest': 500,
  'model-load-failed': 503,
  'model-refused': 422,
  'breaking-change': 409,
  'version-in-use': 409,
  'disk-full': 507,
  'port-in-use': 500,
  'service-failed': 500,
  'host-not-running': 500,
} as const satisfies Record<ErrorCode, number>;

export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

export interface ErrorResponse {
  readonly status: number;
  /** Alternating names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Set where the client is told less than the log should hold. */
  readonly requestId: string | undefined;
}

/** `{"error": sentence, "code", "hint"?, "details"?, "request_id"?}`: Triton's shape with additions its clients ignore. */
export function errorResponse(error: MillraceError): ErrorResponse {
  const requestId = error.code === 'internal' ? randomUUID().slice(0, 8) : undefined;
  const headers = ['Content-Type', 'application/json'];
  if (error.retryAfterSeconds !== undefined) headers.push('Retry-After', String(error.retryAfterSeconds));
  if (error.code === 'unsupported-encoding') headers.push('Accept-Encoding', 'gzip, deflate');
  if (error.code === 'unauthenticated') headers.push('WWW-Authenticate', 'Bearer');
  const allowed = error.details?.['allowed'];
  if (error.code === 'method-not-allowed' && Array.isArray(allowed)) headers.push('Allow', allowed.join(', '));
  const body = {
    error: error.message,
    code: error.code,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.details !== undefined && { details: error.details }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
  return { status: statuses[error.code], headers, body: Buffer.from(JSON.stringify(body)), requestId };
}
