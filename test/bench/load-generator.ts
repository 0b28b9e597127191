/** What sends the load and what it reports. Two implementations: wrk.ts, and autocannon-load.ts where there is no wrk. */
import type { InferenceRequest } from './inference-request.ts';
import type { Scope } from './scope.ts';

export interface Load {
  readonly request: InferenceRequest;
  readonly connections: number;
  /** Whole seconds, at least 1. */
  readonly seconds: number;
}

export interface Measurement {
  /** Answers, or runs, per second. */
  readonly perSecond: number;
  /** Median latency, milliseconds; undefined where nothing is waited for. */
  readonly p50Ms: number | undefined;
  /** Set where the generator judges itself: true where it, and not the server, was the limit. */
  readonly generatorIsLimit?: boolean;
}

export interface LoadGenerator {
  /** With its version, for the report. */
  readonly name: string;
  /** Whether it can send requests that all differ, see InferenceRequest.numbered. */
  readonly numbersRequests: boolean;
  /** Loads `baseUrl` from another process. Throws where any answer was not 2xx or any connection failed. */
  run(scope: Scope, baseUrl: string, load: Load): Promise<Measurement>;
}

/** The failures of one measured run by kind; throws, naming them, where there is any. */
export function refuseFailures(baseUrl: string, failures: Readonly<Record<string, number>>): void {
  const found = Object.entries(failures).filter(([, count]) => count > 0);
  if (found.length === 0) return;
  throw new Error(`${baseUrl} under load: ${found.map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
}
