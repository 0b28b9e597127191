/** autocannon as the load generator, where wrk is not installed: the same figures, coarser latencies, more of the cores. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AutocannonResult, AutocannonSettings } from './autocannon-program.ts';
import { refuseFailures } from './load-generator.ts';
import type { Load, LoadGenerator, Measurement } from './load-generator.ts';
import { outputOf } from './program-output.ts';
import type { Scope } from './scope.ts';

const program = fileURLToPath(new URL('autocannon-program.ts', import.meta.url));

export const autocannonLoad: LoadGenerator = {
  name: 'autocannon',
  numbersRequests: false,

  async run(scope: Scope, baseUrl: string, { request, connections, seconds }: Load): Promise<Measurement> {
    await using run = scope.open();
    const bodyPath = join(await run.temporaryFolder(), 'body');
    await writeFile(bodyPath, request.body);
    const settings: AutocannonSettings = {
      url: baseUrl + request.path,
      headers: request.headers,
      bodyPath,
      connections,
      duration: seconds,
    };
    const output = await outputOf(run, process.execPath, [program, JSON.stringify(settings)]);
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
