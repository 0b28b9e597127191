/** Triton's statistics extension and `/metrics`: the same numbers in two forms, and they add up. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { identityModel } from '../support/models.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      { name: 'identity', bytes: identityModel('INT64') },
      { name: 'twins', bytes: identityModel('FLOAT'), manifest: { replicas: 2, threads: 1 } },
    ],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const get = (path: string): Promise<HttpAnswer> => host.send(path);

interface Stats {
  readonly name: string;
  readonly version: string;
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Record<string, { count: number; ns: number }>;
  readonly response_stats: object;
  readonly batch_stats: readonly {
    batch_size: number;
    compute_input: { count: number; ns: number };
    compute_infer: { count: number; ns: number };
    compute_output: { count: number; ns: number };
  }[];
  readonly memory_usage: readonly { type: string; id: number; byte_size: number }[];
}

async function statsOf(path: string): Promise<Stats[]> {
  return (await get(path)).json<{ model_stats: Stats[] }>().model_stats;
}

it('covers every model, or the one that is asked for', async () => {
  expect((await statsOf('/v2/models/stats')).map(({ name }) => name)).toEqual(['identity', 'twins']);
  for (const path of ['/v2/models/twins/stats', '/v2/models/twins/versions/1/stats']) {
    expect((await statsOf(path)).map(({ name, version }) => [name, version])).toEqual([['twins', '1']]);
  }
});

it('adds up: requests, rows, runs and durations', async () => {
  const path = '/v2/models/identity/stats';
  const [before] = await statsOf(path);
  const startedMs = Date.now();
  const request = (rows: number): Promise<HttpAnswer> =>
    host.post('/v2/models/identity/infer', {
      inputs: [{ name: 'x', datatype: 'INT64', shape: [rows, 2], data: Array.from({ length: rows * 2 }, () => 1) }],
    });
  const rows = [1, 2, 3, 1, 1, 5];
  const answers = await Promise.all(rows.map(request));
  const bad = await host.post('/v2/models/identity/infer', { inputs: [] });
  expect(answers.map(({ status }) => status)).toEqual(rows.map(() => 200));
  expect(bad.status).toBe(400);

  const [after] = await statsOf(path);
  const total = rows.reduce((sum, count) => sum + count);
  const runs = after!.execution_count - before!.execution_count;
  const delta = (name: string): number => after!.inference_stats[name]!.count - before!.inference_stats[name]!.count;
  expect(after!.inference_count - before!.inference_count).toBe(total);
  expect(delta('success')).toBe(rows.length);
  expect(delta('fail')).toBe(1);
  for (const leaf of ['queue', 'compute_input', 'compute_infer', 'compute_output'])
    expect(delta(leaf)).toBe(rows.length);
  expect(runs).toBeLessThanOrEqual(rows.length);
  expect(after!.batch_stats.reduce((sum, batch) => sum + batch.compute_infer.count, 0)).toBe(after!.execution_count);
  const rowsInBatches = after!.batch_stats.reduce(
    (sum, batch) => sum + batch.batch_size * batch.compute_infer.count,
    0,
  );
  expect(rowsInBatches).toBe(after!.inference_count);
  for (const leaf of Object.values(after!.inference_stats)) {
    expect(Number.isSafeInteger(leaf.ns)).toBe(true);
    if (leaf.count === 0) expect(leaf.ns).toBe(0);
  }
  const { success, queue, compute_infer: infer } = after!.inference_stats;
  expect(success!.ns).toBeGreaterThan(infer!.ns);
  expect(success!.ns).toBeGreaterThan(queue!.ns);
  expect(after!.last_inference).toBeGreaterThanOrEqual(startedMs);
  expect(after!.last_inference).toBeLessThanOrEqual(Date.now());
  expect(after!.inference_stats['cache_hit']).toEqual({ count: 0, ns: 0 });
  expect(after!.memory_usage).toMatchObject([{ type: 'CPU', id: 0 }]);
  expect(after!.memory_usage[0]!.byte_size).toBeGreaterThan(20e6);
});

it('agrees with /metrics', async () => {
  const [stats] = await statsOf('/v2/models/identity/stats');
  expect(await host.metric('nv_inference_count', 'identity')).toBe(stats!.inference_count);
  expect(await host.metric('nv_inference_exec_count', 'identity')).toBe(stats!.execution_count);
  expect(await host.metric('nv_inference_request_success', 'identity')).toBe(stats!.inference_stats['success']!.count);
  const failed = (await host.metrics()).filter(
    ({ name, labels }) => name === 'nv_inference_request_failure' && labels['model'] === 'identity',
  );
  expect(failed.reduce((sum, { value }) => sum + value, 0)).toBe(stats!.inference_stats['fail']!.count);
});

it('writes /metrics in the format that Prometheus reads', async () => {
  const answer = await get('/metrics');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await host.metric('millrace_model_ready', 'twins')).toBe(1);
  await until(
    'both replicas are ready',
    10_000,
    async () => (await host.metric('millrace_replicas_ready', 'twins')) === 2,
  );
});
