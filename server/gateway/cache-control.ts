/** The Cache-Control header of a request (RFC 9111 section 5.2.1), as far as it is about saved answers. Pure. */
import type { SavedAnswerUse } from '../balancer/call.ts';

/**
 * `no-store`: neither read nor kept · `no-cache`: not read, the new answer replaces the old one · `max-age=60`: none older
 * than a minute. Undefined where the header says nothing of these; what cannot be read is ignored, as the RFC has it.
 */
export function parseCacheControl(header: string): SavedAnswerUse | undefined {
  let maxAgeSeconds = Infinity;
  let maySave = true;
  for (const part of header.split(',')) {
    const directive = part.trim().toLowerCase();
    if (directive === 'no-store') {
      maySave = false;
      maxAgeSeconds = 0;
    } else if (directive === 'no-cache') {
      maxAgeSeconds = 0;
    } else {
      const seconds = /^max-age="?(\d{1,10})"?$/.exec(directive)?.[1];
      if (seconds !== undefined) maxAgeSeconds = Math.min(maxAgeSeconds, Number(seconds));
    }
  }
  return maySave && maxAgeSeconds === Infinity ? undefined : { maxAgeSeconds, maySave };
}
