/** The table of workloads: what is compared with what, on which model, at how many connections, and the targets. */
import { FLAT_IMAGE_SHAPE, HEAVY_WIDTH, heavyModel, identityModel, mlpModel } from '../support/models.ts';
import { randomFloats, seededRandom } from '../support/seeded-random.ts';
import { startBareServer, startProxy, startRawLoops } from './baselines.ts';
import { digitsModel, storeModel } from './bench-model.ts';
import type { Bench } from './bench.ts';
import { binaryRequest, differentDigitsRequest, digitsRequest } from './inference-request.ts';
import { startMillrace } from './millrace-host.ts';
import { nginxInstalled, startNginx } from './nginx.ts';
import { againstWrk } from './own-generator.ts';
import { measurePairs } from './pairs.ts';
import { latencyRow, skippedRow, throughputRow } from './row.ts';
import type { Row } from './row.ts';
import type { Scope } from './scope.ts';
import { measureScaling } from './scaling.ts';
import { measureMemory, measureStart } from './start-up.ts';

export interface Workload {
  /** For `--only`. */
  readonly name: string;
  run(bench: Bench, scope: Scope): Promise<Row[]>;
}

export const workloads: readonly Workload[] = [
  { name: 'start', run: measureStart },
  { name: 'memory', run: measureMemory },
  { name: 'bare', run: againstBareServer },
  { name: 'cache', run: savedAnswers },
  { name: 'proxy', run: againstProxy },
  { name: 'nginx', run: againstNginx },
  { name: 'binary', run: binaryTensor },
  { name: 'heavy', run: heavyRuns },
  { name: 'batching', run: batching },
  { name: 'generator', run: againstWrk },
  { name: 'scaling', run: measureScaling },
];

/** Replicas of one thread on both sides: digits is far too small to be split, and the comparison is about the way to it. */
const oneReplica = { replicas: 1, threads: 1 };
const twoReplicas = { replicas: 2, threads: 1 };

async function againstBareServer(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, await digitsModel());
  const request = await digitsRequest();
  const title = 'digits JSON, 1 replica / one bare process';
  const found = await measurePairs(bench, scope, {
    title,
    connections: [1, 8, 32, 128],
    start: async (part) => ({
      subject: bench.contestant(part, (await startMillrace(part, model, oneReplica)).inferenceUrl, request),
      baseline: bench.contestant(part, await startBareServer(part, model), request),
    }),
  });
  return [...found].flatMap(([connections, pairs]) => {
    const throughput = throughputRow(named(title, connections), pairs, connections === 32 ? 0.85 : undefined);
    return connections === 1 ? [throughput, latencyRow(`${named(title, 1)}: p50`, pairs, 0.15)] : [throughput];
  });
}

/** Answers from the cache, and what the cache costs where it never helps. */
async function savedAnswers(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, await digitsModel());
  const request = await digitsRequest();
  const hits = 'saved digits JSON / one bare process';
  const found = await measurePairs(bench, scope, {
    title: hits,
    connections: [32],
    start: async (part) => ({
      subject: bench.contestant(
        part,
        (await startMillrace(part, model, { ...oneReplica, cache: true })).inferenceUrl,
        request,
      ),
      baseline: bench.contestant(part, await startBareServer(part, model), request),
    }),
  });
  const misses = 'digits JSON, all different, cache on / cache off';
  if (!bench.numbersRequests) return [...throughputRows(hits, found, 0.9), skippedRow(misses, 'wrk is not installed')];
  const different = await differentDigitsRequest();
  const cost = await measurePairs(bench, scope, {
    title: misses,
    connections: [32],
    start: async (part) => ({
      subject: bench.contestant(
        part,
        (await startMillrace(part, model, { ...oneReplica, cache: true })).inferenceUrl,
        different,
      ),
      baseline: bench.contestant(part, (await startMillrace(part, model, oneReplica)).inferenceUrl, different),
    }),
  });
  return [...throughputRows(hits, found, 0.9), ...throughputRows(misses, cost, 0.85)];
}

async function againstProxy(bench: Bench, scope: Scope): Promise<Row[]> {
  return twoDigitsReplicas(bench, scope, 'digits JSON, 2 replicas / http-proxy-3 and 2 HTTP replicas', startProxy, 4);
}

async function againstNginx(bench: Bench, scope: Scope): Promise<Row[]> {
  const title = 'digits JSON, 2 replicas / nginx least_conn and 2 HTTP replicas';
  if (!nginxInstalled) return [skippedRow(title, 'nginx is not installed')];
  return twoDigitsReplicas(bench, scope, title, startNginx, 1);
}

async function twoDigitsReplicas(
  bench: Bench,
  scope: Scope,
  title: string,
  startBaseline: typeof startProxy,
  target: number,
): Promise<Row[]> {
  const model = await storeModel(scope, await digitsModel());
  const request = await digitsRequest();
  const found = await measurePairs(bench, scope, {
    title,
    connections: [32],
    start: async (part) => ({
      subject: bench.contestant(part, (await startMillrace(part, model, twoReplicas)).inferenceUrl, request),
      baseline: bench.contestant(part, await startBaseline(part, model), request),
    }),
  });
  return throughputRows(title, found, target);
}

async function binaryTensor(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, { name: 'image', bytes: identityModel('FLOAT', FLAT_IMAGE_SHAPE) });
  const request = binaryRequest('image', 'x', randomFloats(seededRandom(3), FLAT_IMAGE_SHAPE[1]));
  const title = '600 KB binary tensor in and out, 1 replica / one bare process';
  const found = await measurePairs(bench, scope, {
    title,
    connections: [4, 8],
    start: async (part) => ({
      subject: bench.contestant(part, (await startMillrace(part, model, oneReplica)).inferenceUrl, request),
      baseline: bench.contestant(part, await startBareServer(part, model), request),
    }),
  });
  return throughputRows(title, found, 0.8);
}

/** Without batching, so that one request is one run, as it is in the loops. Eight connections keep every slot taken. */
async function heavyRuns(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, { name: 'heavy', bytes: heavyModel(), maxBatchSize: 0 });
  const request = binaryRequest('heavy', 'x', new Float32Array(HEAVY_WIDTH).fill(0.5));
  const title = 'CPU-bound net, 2 replicas / 2 bare ONNX Runtime loops';
  const found = await measurePairs(bench, scope, {
    title,
    connections: [8],
    start: async (part) => ({
      subject: bench.contestant(part, (await startMillrace(part, model, twoReplicas)).inferenceUrl, request),
      baseline: await startRawLoops(part, model, 2),
    }),
  });
  return throughputRows(title, found, 0.97);
}

async function batching(bench: Bench, scope: Scope): Promise<Row[]> {
  const net = { name: 'mlp', bytes: mlpModel([1024, 2048, 2048, 100], 5) };
  const together = await storeModel(scope, net);
  const alone = await storeModel(scope, { ...net, maxBatchSize: 0 });
  const request = binaryRequest('mlp', 'x', randomFloats(seededRandom(4), 1024));
  const title = 'MLP 1024-2048-2048-100, batching on / batching off';
  const found = await measurePairs(bench, scope, {
    title,
    connections: [32],
    start: async (part) => ({
      subject: bench.contestant(part, (await startMillrace(part, together, oneReplica)).inferenceUrl, request),
      baseline: bench.contestant(part, (await startMillrace(part, alone, oneReplica)).inferenceUrl, request),
    }),
  });
  return throughputRows(title, found, 2);
}

function throughputRows(title: string, found: Awaited<ReturnType<typeof measurePairs>>, target: number): Row[] {
  return [...found].map(([connections, pairs]) => throughputRow(named(title, connections), pairs, target));
}

function named(title: string, connections: number): string {
  return `${title}, ${connections === 1 ? '1 connection' : `${connections} connections`}`;
}
