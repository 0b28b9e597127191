/** autocannon as the load generator, where wrk is not installed: the same figures, coarser latencies, more of the cores. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { refuseFailures } from './load-generator.ts';
import type { Load, LoadGenerator, Measurement } from './load-generator.ts';
import { outputOf } from './program-output.ts';
import type { Scope } from './scope.ts';

interface AutocannonResult {
  readonly duration: number;
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly latency: { readonly p50: number };
}

const program = createRequire(import.meta.url).resolve('autocannon');

export const autocannonLoad: LoadGenerator = {
  name: 'autocannon',

  async run(scope: Scope, baseUrl: string, { request, connections, seconds }: Load): Promise<Measurement> {
    await using run = scope.open();
    const bodyPath = join(await run.temporaryFolder(), 'body');
    await writeFile(bodyPath, request.body);
    const headers = Object.entries(request.headers).flatMap(([name, value]) => ['--headers', `${name}=${value}`]);
    const options = ['--connections', String(connections), '--duration', String(seconds), '--method', 'POST'];
    const input = ['--input', bodyPath, '--json', '--no-progress'];
    const output = await outputOf(run, process.execPath, [
      program,
      ...options,
      ...headers,
      ...input,
      baseUrl + request.path,
    ]);
    const result = JSON.parse(output) as AutocannonResult;
    refuseFailures(baseUrl, {
      'failed connections': result.errors,
      timeouts: result.timeouts,
      'answers other than 2xx': result.non2xx,
      'runs without an answer': result['2xx'] === 0 ? 1 : 0,
    });
    return { perSecond: result['2xx'] / result.duration, p50Ms: result.latency.p50 };
  },
};
