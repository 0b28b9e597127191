/** Starts a job of the host from a button and follows it in the live state. */
import { useCallback, useState } from 'react';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { askApi } from '../api/api-client.ts';
import { liveStore } from '../live/live-store.ts';
import { useLive } from '../live/use-live.ts';

export interface StartedJob {
  /** The last that was started here. */
  readonly job: JobView | undefined;
  /** Why it could not be started. */
  readonly error: Error | undefined;
  readonly isRunning: boolean;
  start(path: string, body: unknown): void;
}

export function useJob(): StartedJob {
  const [id, setId] = useState<string>();
  const [error, setError] = useState<Error>();
  const job = useLive(({ jobs }) => (id === undefined ? undefined : jobs.find((each) => each.id === id)));
  const start = useCallback((path: string, body: unknown) => {
    setError(undefined);
    askApi<JobView>('POST', path, { body }).then((started) => {
      liveStore.addJob(started);
      setId(started.id);
    }, setError);
  }, []);
  return { job, error, isRunning: job?.state === 'running', start };
}
