/** What went wrong with a call of the admin API, in the words of the host. */
import type { ErrorBody } from '../../server/protocol/admin/error-body.ts';

/** `unreachable`: no host answered; otherwise the host's own code (docs/errors.md). */
export type ApiErrorCode = string;

export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** 0 where no host answered. */
  readonly status: number;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;

  constructor(status: number, body: ErrorBody) {
    super(body.error);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.hint = body.hint;
    this.details = body.details ?? {};
    this.requestId = body.request_id;
  }
}

/** The error in an answer's body, whatever the body is. */
export function parseErrorBody(status: number, text: string): ApiError {
  try {
    const body = JSON.parse(text) as Partial<ErrorBody>;
    if (typeof body.error === 'string')
      return new ApiError(status, { ...body, error: body.error, code: body.code ?? '' });
  } catch {
    // Not JSON: something between the host and this page answered.
  }
  return new ApiError(status, { error: text.slice(0, 300) || `HTTP ${status}`, code: 'unexpected-answer' });
}
