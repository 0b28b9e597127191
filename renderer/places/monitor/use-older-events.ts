/** Events from before those that the live stream told, a page at a time. */
import { useCallback, useState } from 'react';
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { askApi } from '../../api/api-client.ts';

const pageEvents = 200;
/** More than anybody reads; the command line and the API have the rest. */
const maxEvents = 4000;

export interface OlderEvents {
  /** Newest first. */
  readonly events: readonly HostEvent[];
  readonly isLoading: boolean;
  /** Nothing older is kept, or shown. */
  readonly isEnd: boolean;
  readonly error: Error | undefined;
  /** The page of events with a lower number. */
  load(before: number): void;
}

export function useOlderEvents(): OlderEvents {
  const [events, setEvents] = useState<readonly HostEvent[]>([]);
  const [isLoading, setLoading] = useState(false);
  const [isEnd, setEnd] = useState(false);
  const [error, setError] = useState<Error>();
  const load = useCallback((before: number) => {
    setLoading(true);
    setError(undefined);
    askApi<readonly HostEvent[]>('GET', `/events?before=${before}&limit=${pageEvents}`)
      .then((page) => {
        setEvents((known) => {
          const all = [...known, ...page];
          if (page.length < pageEvents || all.length >= maxEvents) setEnd(true);
          return all;
        });
      }, setError)
      .finally(() => setLoading(false));
  }, []);
  return { events, isLoading, isEnd, error, load };
}
