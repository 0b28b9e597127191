/** How an import says no: one sentence, what to do, and a reason for programs. */
import { MillraceError } from '../base/errors.ts';

/** Why something was not imported or is no longer served; `details.reason` of the error. */
export function modelRefusal(reason: string, message: string, hint: string, cause?: unknown): MillraceError {
  return new MillraceError(reason === 'disk-full' ? 'disk-full' : 'model-refused', message, {
    hint,
    details: { reason },
    ...(cause !== undefined && { cause }),
  });
}

/** A size as people say it: `512 bytes`, `3.4 MB`, `10.0 GB`. */
export function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
