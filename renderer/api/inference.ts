/** One request to a model through the admin listener, with the time it took as this browser saw it. */
import type { InferenceRequest } from '../try/request.ts';
import { callApi } from './api-client.ts';

export interface InferenceAnswer {
  readonly text: string;
  /** From sending to the last byte, milliseconds. */
  readonly browserMs: number;
  /** It was the answer to an equal request before; the model did not run. */
  readonly isSaved: boolean;
}

/** `isFresh`: the model runs, and its answer is not saved. Throws `ApiError`. */
export async function sendInference(
  model: string,
  { kind, body, file }: InferenceRequest,
  options: { readonly signal?: AbortSignal; readonly isFresh?: boolean } = {},
): Promise<InferenceAnswer> {
  const { signal, isFresh = false } = options;
  const raw = file === undefined ? JSON.stringify(body) : file.file;
  const type = file === undefined ? 'application/json' : file.file.type || 'application/octet-stream';
  const startedMs = performance.now();
  const { text, headers } = await callApi('POST', `/models/${encodeURIComponent(model)}/${kind}`, {
    raw,
    headers: { 'Content-Type': type, ...(isFresh && { 'Cache-Control': 'no-store' }) },
    ...(signal !== undefined && { signal }),
  });
  const isSaved = headers.get('X-Millrace-Cache')?.startsWith('hit') === true;
  return { text, browserMs: performance.now() - startedMs, isSaved };
}
