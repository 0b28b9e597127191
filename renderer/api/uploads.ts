/** Sends a file in pieces that are checked off, so that a broken connection costs one piece and not the file. */
import type { UploadView } from '../../server/protocol/admin/upload-view.ts';
import { ApiError } from './api-error.ts';
import { askApi, callApi } from './api-client.ts';

/** Large enough that the round trip does not matter, small enough that a retry does not hurt. */
const pieceBytes = 8_000_000;
/** Attempts for one piece, with a second between them. */
const maxAttempts = 5;

/** Resolves to the upload's id. Throws `ApiError`, or `AbortError` where the signal aborts. */
export async function uploadFile(
  file: File,
  onProgress: (doneBytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const { id } = await askApi<UploadView>('POST', '/uploads', {
    body: { fileName: file.name, sizeBytes: file.size },
    signal,
  });
  let offset = 0;
  let attempts = 0;
  while (offset < file.size) {
    try {
      const { text } = await callApi('PATCH', `/uploads/${id}`, {
        raw: file.slice(offset, offset + pieceBytes),
        headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(offset) },
        signal,
      });
      offset = (JSON.parse(text) as UploadView).offsetBytes;
      attempts = 0;
      onProgress(offset);
    } catch (error) {
      attempts += 1;
      const mayPass = error instanceof ApiError && (error.status === 0 || error.status >= 500);
      if (!mayPass || attempts >= maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      // The host says how far it got: a piece may have arrived whose answer did not.
      offset = await receivedBytes(id, offset, signal);
    }
  }
  return id;
}

async function receivedBytes(id: string, otherwise: number, signal: AbortSignal): Promise<number> {
  try {
    return (await askApi<UploadView>('GET', `/uploads/${id}`, { signal })).offsetBytes;
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return otherwise;
    throw error;
  }
}
