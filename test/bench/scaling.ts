/**
 * What the autoscaler costs those who wait for it: how long an overload lasts until a new replica answers, and how the slowest
 * requests of a step fare beside a host that had the replicas all the time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAVY_WIDTH, heavyModel, mlpModel } from '../support/models.ts';
import { quantile } from '../support/load.ts';
import { runVaryingLoad } from '../support/varying-load.ts';
import { storeModel } from './bench-model.ts';
import type { Bench } from './bench.ts';
import { startMillrace } from './millrace-host.ts';
import type { MillraceHost, MillraceSettings } from './millrace-host.ts';
import { limitRow, ratioRow } from './row.ts';
import type { Row } from './row.ts';
import type { Scope } from './scope.ts';

/** Two cores bear two copies of one thread when none is kept free. */
const scaled: MillraceSettings = { threads: 1, scaling: { max: 2, ceilings: { reservedCores: 0 } } };
const fixed: MillraceSettings = { threads: 1, replicas: 2 };

/** 14 MB of weights, 0.7 ms a run. */
const netDims = [1024, 1280, 1280, 400];
const clients = 16;
const stepFromMs = 2000;
const stepToMs = 8000;
/** A status is asked for this often while the new replica is awaited. */
const pollMs = 10;
const maxWaitMs = 20_000;

export async function measureScaling(bench: Bench, scope: Scope): Promise<Row[]> {
  return [await timeToNewReplica(bench, scope), await p99OfStep(bench, scope)];
}

/** From the first request of the overload to the first answer of the second replica; the first run fills caches. */
async function timeToNewReplica(bench: Bench, scope: Scope): Promise<Row> {
  const model = await storeModel(scope, { name: 'net', bytes: mlpModel(netDims, 9), maxBatchSize: 0 });
  const body = requestOf(netDims[0]!);
  const took: number[] = [];
  for (let index = 0; index <= bench.options.pairs; index++) {
    await using part = scope.open();
    const host = await startMillrace(part, model, scaled);
    // The autoscaler has looked once before the load begins.
    await sleep(1500);
    const startedMs = performance.now();
    let answeredMs: number | undefined;
    const load = runVaryingLoad({
      url: `${host.inferenceUrl}/v2/models/net/infer`,
      body,
      durationMs: maxWaitMs,
      clients: () => clients,
      most: clients,
      stopped: () => answeredMs !== undefined,
    });
    while (performance.now() - startedMs < maxWaitMs && answeredMs === undefined) {
      await sleep(pollMs);
      if (await hasSecondAnswered(host)) answeredMs = performance.now() - startedMs;
    }
    const { lost, statuses } = await load;
    if (answeredMs === undefined) throw new Error(`No second replica answered within ${maxWaitMs} ms.`);
    if (lost.length > 0) throw new Error(`${lost.length} requests were lost: ${lost[0]}, ${JSON.stringify(statuses)}.`);
    bench.say(
      `overload to the first answer of a new replica: ${Math.round(answeredMs)} ms${index === 0 ? ' (not counted)' : ''}`,
    );
    if (index > 0) took.push(answeredMs);
  }
  return limitRow('from overload to the first answer of a new replica, 14 MB net', took, 400, 'ms');
}

async function hasSecondAnswered(host: MillraceHost): Promise<boolean> {
  const { replicas } = (await host.status()).models[0]!.versions[0]!;
  return replicas.some(({ name, answered }) => !name.endsWith('#0') && answered > 0);
}

/** p99 of the requests sent during a step from one client to six, on a net that takes 14 ms of a core. */
async function p99OfStep(bench: Bench, scope: Scope): Promise<Row> {
  const model = await storeModel(scope, { name: 'heavy', bytes: heavyModel(), maxBatchSize: 0 });
  const pairs: { subject: number; baseline: number }[] = [];
  for (let index = 0; index < bench.options.pairs; index++) {
    const measure = async (settings: MillraceSettings): Promise<number> => {
      await using part = scope.open();
      // Awaited here: the host ends with this scope.
      return await stepP99(await startMillrace(part, model, settings));
    };
    const subject = await measure(scaled);
    const baseline = await measure(fixed);
    bench.say(`p99 during the step: ${Math.round(subject)} ms autoscaled, ${Math.round(baseline)} ms fixed`);
    pairs.push({ subject, baseline });
  }
  return ratioRow('CPU-bound net, p99 during a step, autoscaled / fixed at the maximum', pairs, 'ms');
}

async function stepP99(host: MillraceHost): Promise<number> {
  const { answers, lost } = await runVaryingLoad({
    url: `${host.inferenceUrl}/v2/models/heavy/infer`,
    body: requestOf(HEAVY_WIDTH),
    durationMs: stepToMs,
    clients: (atMs) => (atMs < stepFromMs ? 1 : 6),
    most: 6,
  });
  if (lost.length > 0) throw new Error(`${lost.length} requests were lost: ${lost[0]}.`);
  const during = answers.filter(({ sentMs }) => sentMs >= stepFromMs).map(({ latencyMs }) => latencyMs);
  return quantile(during, 0.99);
}

function requestOf(width: number): string {
  const data = Array.from({ length: width }, () => 0.5);
  return JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], data }] });
}
