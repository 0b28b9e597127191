/** What a route of the API says now, asked again every so often and on demand. */
import { useCallback, useEffect, useState } from 'react';
import { askApi } from '../api/api-client.ts';

export interface Polled<Value> {
  /** Undefined until the first answer. */
  readonly value: Value | undefined;
  readonly error: Error | undefined;
  /** Asks now. */
  reload(): void;
  /** Shows what another call has answered. */
  show(value: Value): void;
}

export function usePolled<Value>(path: string, everyMs: number): Polled<Value> {
  const [value, setValue] = useState<Value>();
  const [error, setError] = useState<Error>();
  const reload = useCallback(() => {
    askApi<Value>('GET', path).then((answer) => {
      setValue(answer);
      setError(undefined);
    }, setError);
  }, [path]);
  useEffect(() => {
    reload();
    const timer = setInterval(reload, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
  return { value, error, reload, show: setValue };
}
