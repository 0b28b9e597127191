/** The readings of the charts: asked of the host's history, joined with what comes live. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { HistoryView } from '../../../server/protocol/admin/history-view.ts';
import { askApi } from '../../api/api-client.ts';
import { nowMs } from '../../format/format.ts';
import { liveStore } from '../../live/live-store.ts';
import { readingNames } from '../../live/readings.ts';
import { useLive } from '../../live/use-live.ts';
import { fromHistory, historySeries, joinReadings, ranges } from '../../live/readings-over-time.ts';
import type { Range, Readings } from '../../live/readings-over-time.ts';

/** A chart of an hour or more moves by less than a pixel in this time, milliseconds. */
const refreshMs = 10_000;
const points = 600;

export interface ReadingsOverTime {
  readonly readings: Readings;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Why the past is missing. */
  readonly error: Error | undefined;
}

export function useReadings(range: Range, model: string | undefined, isPaused: boolean): ReadingsOverTime {
  const [past, setPast] = useState<Readings>();
  const [error, setError] = useState<Error>();
  const connection = useLive((state) => state.connection);
  useEffect(() => {
    setPast(undefined);
    const abort = new AbortController();
    const load = (): void => {
      const to = nowMs();
      const query = new URLSearchParams({
        from: String(to - ranges[range] * 1000),
        to: String(to),
        series: historySeries,
        points: String(range === 'quarter' ? ranges.quarter : points),
        ...(model !== undefined && { model }),
      });
      askApi<HistoryView>('GET', `/history?${query.toString()}`, { signal: abort.signal }).then(
        (view) => {
          setPast(fromHistory(view));
          setError(undefined);
        },
        (failure: Error) => {
          if (!abort.signal.aborted) setError(failure);
        },
      );
    };
    load();
    const timer = range === 'quarter' || isPaused ? undefined : setInterval(load, refreshMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
    // A host that comes back is asked again.
  }, [range, model, isPaused, connection]);

  const samples = useSyncExternalStore(liveStore.subscribe, () => liveStore.samples);
  const [frozen, setFrozen] = useState({ samples, toSeconds: Math.round(nowMs() / 1000) });
  if (!isPaused && frozen.samples !== samples) setFrozen({ samples, toSeconds: Math.round(nowMs() / 1000) });
  const { toSeconds } = frozen;
  const fromSeconds = toSeconds - ranges[range];
  const readings = useMemo(
    () => (range === 'quarter' ? joinReadings(past, liveReadings(model), fromSeconds) : (past ?? noReadings)),
    // The live readings are those of this sample.
    [past, range, model, fromSeconds], // oxlint-disable-line react-hooks/exhaustive-deps
  );
  return { readings, fromSeconds, toSeconds, error };
}

function liveReadings(model: string | undefined): Readings {
  const entries = readingNames.map((name) => [name, liveStore.series(name, model)] as const);
  return Object.fromEntries(entries) as unknown as Readings;
}

const noReadings = Object.fromEntries(readingNames.map((name) => [name, []])) as unknown as Readings;
