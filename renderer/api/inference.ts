/** One request to a model through the admin listener, with the time it took as this browser saw it. */
import type { InferenceRequest } from '../try/request.ts';
import { callApi } from './api-client.ts';

export interface InferenceAnswer {
  readonly text: string;
  /** From sending to the last byte, milliseconds. */
  readonly browserMs: number;
}

/** Throws `ApiError`. */
export async function sendInference(
  model: string,
  { kind, body }: InferenceRequest,
  signal?: AbortSignal,
): Promise<InferenceAnswer> {
  const raw = JSON.stringify(body);
  const startedMs = performance.now();
  const { text } = await callApi('POST', `/models/${encodeURIComponent(model)}/${kind}`, {
    raw,
    headers: { 'Content-Type': 'application/json' },
    ...(signal !== undefined && { signal }),
  });
  return { text, browserMs: performance.now() - startedMs };
}
