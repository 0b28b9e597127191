/** Asks the host for lines of its log: once, and while they are followed once a second for what came since. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogLevelName, LogView } from '../../../server/protocol/admin/log-view.ts';
import { askApi } from '../../api/api-client.ts';
import { addLines, maxLines, noLines } from './log-lines.ts';
import type { LogLines } from './log-lines.ts';

const followMs = 1000;
/** After the last key of a search, milliseconds. */
const typingMs = 250;

export interface LogFilter {
  readonly level: LogLevelName;
  readonly search: string;
  readonly isFollowed: boolean;
}

export interface ShownLog {
  /** Undefined until the first answer. */
  readonly lines: LogLines | undefined;
  readonly error: Error | undefined;
}

export function useLog({ level, search, isFollowed }: LogFilter): ShownLog {
  const [lines, setLines] = useState<LogLines>();
  const [error, setError] = useState<Error>();
  const known = useRef<LogLines>(noLines);
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const { run, lastId } = known.current;
      const query = new URLSearchParams({ after: String(lastId), level, search, limit: String(maxLines) });
      try {
        let view = await askApi<LogView>('GET', `/log?${query.toString()}`, { signal });
        if (run !== undefined && view.run !== run) {
          // Another run of the host counts from the beginning.
          query.set('after', '0');
          view = await askApi<LogView>('GET', `/log?${query.toString()}`, { signal });
        }
        known.current = addLines(known.current, view);
        setLines(known.current);
        setError(undefined);
      } catch (failure) {
        if (!signal.aborted) setError(failure as Error);
      }
    },
    [level, search],
  );
  useEffect(() => {
    known.current = noLines;
    const abort = new AbortController();
    const first = setTimeout(() => void ask(abort.signal), search === '' ? 0 : typingMs);
    return () => {
      clearTimeout(first);
      abort.abort();
    };
  }, [ask, search]);
  useEffect(() => {
    if (!isFollowed) return undefined;
    const abort = new AbortController();
    let isAsking = false;
    const timer = setInterval(() => {
      // A page that nobody looks at asks nothing, and a slow host is not asked twice.
      if (document.hidden || isAsking) return;
      isAsking = true;
      void ask(abort.signal).finally(() => (isAsking = false));
    }, followMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [ask, isFollowed]);
  return { lines, error };
}
