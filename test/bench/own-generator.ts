/** Workload: Millrace's own load test against wrk, both loading the same host, in turn. */
import { spawnSync } from 'node:child_process';
import { digitsModel, storeModel } from './bench-model.ts';
import type { Bench } from './bench.ts';
import { digitsRequest } from './inference-request.ts';
import { startMillrace } from './millrace-host.ts';
import { measureWithMillrace } from './millrace-load.ts';
import { measurePairs } from './pairs.ts';
import { closenessRow, skippedRow } from './row.ts';
import type { Row } from './row.ts';
import type { Scope } from './scope.ts';
import { wrk } from './wrk.ts';

const title = 'millrace bench / wrk, both on the same digits host';

/** A generator that is more than this off is told apart from the server by its own report, or it lies. */
const within = 0.15;

export async function againstWrk(bench: Bench, scope: Scope): Promise<Row[]> {
  if (spawnSync('wrk', ['--version']).error !== undefined) return [skippedRow(title, 'wrk is not installed')];
  const model = await storeModel(scope, await digitsModel());
  const request = await digitsRequest();
  const { data } = (JSON.parse(request.body.toString()) as { inputs: [{ data: number[] }] }).inputs[0];
  const found = await measurePairs(bench, scope, {
    title,
    connections: [1, 8, 32],
    start: async (part) => {
      const { inferenceUrl } = await startMillrace(part, model, { replicas: 1, threads: 1 });
      return {
        subject: {
          measure: (connections, seconds) => measureWithMillrace(inferenceUrl, 'digits', data, connections, seconds),
          answer: async () => undefined,
        },
        baseline: {
          measure: (connections, seconds) => wrk.run(part, inferenceUrl, { request, connections, seconds }),
          answer: async () => undefined,
        },
      };
    },
  });
  return [...found].map(([connections, pairs]) =>
    closenessRow(`${title}, ${connections === 1 ? '1 connection' : `${connections} connections`}`, pairs, within),
  );
}
