/** Runs requests of the form: one at a time, the latest wins, and a series of many for the histogram. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { sendInference } from '../../api/inference.ts';
import type { InferenceAnswer } from '../../api/inference.ts';
import type { InferenceRequest } from '../../try/request.ts';

export interface Series {
  readonly count: number;
  /** Milliseconds, as the browser measured them. */
  readonly times: readonly number[];
  readonly failed: number;
  readonly isRunning: boolean;
}

export interface Runner {
  readonly isRunning: boolean;
  readonly answer: InferenceAnswer | undefined;
  /** The request that it answers. */
  readonly answered: InferenceRequest | undefined;
  readonly error: Error | undefined;
  readonly series: Series | undefined;
  run(request: InferenceRequest): void;
  runMany(request: InferenceRequest, count: number): void;
  stop(): void;
  clear(): void;
}

export function useRunner(model: string): Runner {
  const [isRunning, setRunning] = useState(false);
  const [answer, setAnswer] = useState<InferenceAnswer>();
  const [answered, setAnswered] = useState<InferenceRequest>();
  const [error, setError] = useState<Error>();
  const [series, setSeries] = useState<Series>();
  /** What came while another request was under way. */
  const waiting = useRef<InferenceRequest>(undefined);
  const isBusy = useRef(false);
  const abort = useRef<AbortController>(undefined);

  const clear = useCallback(() => {
    waiting.current = undefined;
    setAnswer(undefined);
    setAnswered(undefined);
    setError(undefined);
    setSeries(undefined);
  }, []);

  useEffect(() => {
    clear();
    return () => {
      waiting.current = undefined;
      abort.current?.abort();
    };
  }, [model, clear]);

  const run = useCallback(
    (first: InferenceRequest) => {
      waiting.current = first;
      if (isBusy.current) return;
      isBusy.current = true;
      setRunning(true);
      const controller = new AbortController();
      abort.current = controller;
      void (async () => {
        while (waiting.current !== undefined) {
          const request = waiting.current;
          waiting.current = undefined;
          try {
            setAnswer(await sendInference(model, request, { signal: controller.signal }));
            setAnswered(request);
            setError(undefined);
          } catch (failure) {
            if (controller.signal.aborted) break;
            setAnswer(undefined);
            setError(failure as Error);
          }
        }
        isBusy.current = false;
        setRunning(false);
      })();
    },
    [model],
  );

  const runMany = useCallback(
    (request: InferenceRequest, count: number) => {
      if (isBusy.current) return;
      isBusy.current = true;
      const controller = new AbortController();
      abort.current = controller;
      void (async () => {
        const times: number[] = [];
        let failed = 0;
        const show = (isStillRunning: boolean): void =>
          setSeries({ count, times: [...times], failed, isRunning: isStillRunning });
        show(true);
        for (let done = 0; done < count && !controller.signal.aborted; done += 1) {
          try {
            // Saved answers would all be equally fast, and say nothing of the model.
            const result = await sendInference(model, request, { signal: controller.signal, isFresh: true });
            times.push(result.browserMs);
            setAnswer(result);
            setAnswered(request);
            setError(undefined);
          } catch (failure) {
            if (controller.signal.aborted) break;
            failed += 1;
            setError(failure as Error);
          }
          if (done % 5 === 4) show(true);
        }
        isBusy.current = false;
        show(false);
      })();
    },
    [model],
  );

  const stop = useCallback(() => abort.current?.abort(), []);
  return { isRunning, answer, answered, error, series, run, runMany, stop, clear };
}
