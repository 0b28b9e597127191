/** Calls of the admin API: JSON in and out, the token against forged requests, errors as `ApiError`. */
import { t } from '../texts/t.ts';
import { saveFile } from '../components/save-file.ts';
import { ApiError, parseErrorBody } from './api-error.ts';

interface CallOptions {
  readonly body?: unknown;
  readonly raw?: Blob | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

let csrfToken: string | undefined;

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** Throws `ApiError`; an `AbortError` where the signal aborts. */
export async function callApi(method: string, path: string, options: CallOptions = {}): Promise<ApiAnswer> {
  const { body, raw, headers = {}, signal } = options;
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(csrfToken !== undefined && method !== 'GET' && { 'X-Millrace-CSRF': csrfToken }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(raw !== undefined && { body: raw }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, { error: t('api.unreachable'), code: 'unreachable', hint: t('api.unreachableHint') });
  }
  const text = await response.text();
  if (!response.ok) throw parseErrorBody(response.status, text);
  return { status: response.status, headers: response.headers, text };
}

/** The parsed body of an answer; undefined where it is empty. */
export async function askApi<T>(method: string, path: string, options?: CallOptions): Promise<T> {
  const { text } = await callApi(method, path, options);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Saves a file that the host sends. Throws `ApiError`. */
export async function downloadPath(path: string, name: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`);
  } catch {
    throw new ApiError(0, { error: t('api.unreachable'), code: 'unreachable', hint: t('api.unreachableHint') });
  }
  if (!response.ok) throw parseErrorBody(response.status, await response.text());
  saveFile(name, await response.blob());
}
