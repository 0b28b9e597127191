/**
 * Program: one run of autocannon in a process of its own, because its command line would read a binary body as text. Argument:
 * AutocannonSettings as JSON. Prints the result as JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface AutocannonSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyPath: string;
  readonly connections: number;
  /** Seconds. */
  readonly duration: number;
}

export interface AutocannonResult {
  readonly duration: number;
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly latency: { readonly p50: number };
}

interface AutocannonOptions extends Omit<AutocannonSettings, 'bodyPath'> {
  readonly method: 'POST';
  readonly body: Buffer;
}

// The package has no types of its own.
const autocannon = createRequire(import.meta.url)('autocannon') as (
  options: AutocannonOptions,
) => PromiseLike<AutocannonResult>;

const { bodyPath, ...settings } = JSON.parse(process.argv[2]!) as AutocannonSettings;
console.log(JSON.stringify(await autocannon({ ...settings, method: 'POST', body: readFileSync(bodyPath) })));
