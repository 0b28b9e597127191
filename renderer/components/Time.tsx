/** A moment as people say it, with the full time and its zone on hover. */
import { fullTimeText, nowMs, timeText } from '../format/format.ts';

export function Time({ iso }: { readonly iso: string }) {
  return (
    <time dateTime={iso} title={fullTimeText(iso)} translate="no">
      {timeText(iso, nowMs())}
    </time>
  );
}
