/**
 * A whole load test: asks the target for the model's signature, builds the requests, runs the plan or searches for the highest
 * rate. It runs in a process of its own (load-process.ts), because building requests and sending them would hold up a host.
 */
import { availableParallelism } from 'node:os';
import { MillraceError } from '../base/errors.ts';
import type { LoadPlan } from '../protocol/admin/load-plan.ts';
import type { LoadResult, LoadSnapshot } from '../protocol/admin/load-result.ts';
import type { Tensor } from '../protocol/tensors.ts';
import { resolveEndpoint } from './endpoint.ts';
import { searchRate } from './load-search.ts';
import { runLoad } from './load-run.ts';
import type { RunOptions } from './load-run.ts';
import { seededRandom } from './random.ts';
import { encodeRequest, headerLine } from './request-bytes.ts';
import { randomTensor, sampleTensor } from './request-inputs.ts';
import type { SampleRows } from './request-inputs.ts';
import { readSignature, tryRequest } from './target-model.ts';

export interface LoadTestParts {
  /** Rows of the model's samples.json; undefined where there are none. */
  readonly samples: SampleRows | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (snapshot: LoadSnapshot) => void;
}

/** Requests are kept in memory, all together in at most so many bytes. */
const maxRequestBytes = 256 * 1024 * 1024;

/** Errors: `invalid-config`, `unknown-model`, `upstream-failed`. An abort gives what was measured until then. */
export async function runLoadTest(plan: LoadPlan, { samples, signal, onProgress }: LoadTestParts): Promise<LoadResult> {
  const endpoint = await resolveEndpoint(plan.url, plan.insecure);
  for (const [name, value] of Object.entries(plan.headers)) headerLine(name, value);
  const inputs = await readSignature(endpoint, plan, signal);
  const random = seededRandom(plan.seed);
  const sampled = (first: number): Tensor[] | undefined => {
    if (samples === undefined || plan.inputs === 'random') return undefined;
    const tensors = inputs.map((spec) => sampleTensor(spec, inputs.length, samples, first, plan.rows));
    return tensors.every((tensor) => tensor !== undefined) ? tensors : undefined;
  };
  const usesSamples = sampled(0) !== undefined;
  if (plan.inputs === 'samples' && !usesSamples) {
    throw new MillraceError('invalid-config', `There are no samples that fit the inputs of ${plan.model}.`, {
      hint: 'Name a file with --samples, or use random inputs.',
    });
  }
  const requests: Buffer[] = [];
  let totalBytes = 0;
  for (let index = 0; index < plan.distinct && totalBytes < maxRequestBytes; index += 1) {
    const tensors = sampled(index * plan.rows) ?? inputs.map((spec) => randomTensor(spec, plan, random));
    const request = encodeRequest(endpoint, plan, tensors);
    requests.push(request);
    totalBytes += request.length;
    // Samples begin again when they have all been used.
    if (usesSamples && (index + 1) * plan.rows >= longest(samples!)) break;
  }
  await tryRequest(endpoint, plan, requests[0]!, signal);
  const base: Omit<RunOptions, 'drive' | 'step'> = {
    endpoint,
    requests,
    warmUpMs: plan.warmUpMs,
    timeoutMs: plan.timeoutMs,
    maxConnections: plan.maxConnections,
    seed: plan.seed,
    cores: availableParallelism(),
    signal,
    onProgress,
  };
  const target: LoadResult['target'] = {
    url: plan.url,
    address: `${endpoint.address}:${endpoint.port}`,
    inputs: usesSamples ? 'samples' : 'random',
    bodyBytes: Math.round(
      requests.reduce((sum, bytes) => sum + bytes.length - bytes.indexOf('\r\n\r\n') - 4, 0) / requests.length,
    ),
    distinct: requests.length,
  };
  if (plan.drive.kind === 'search') {
    const { report, measurement } = await searchRate(plan.drive, base);
    return { version: 1, plan, target, measurement, search: report, aborted: signal.aborted };
  }
  const { measurement, cut } = await runLoad({ ...base, drive: plan.drive, step: 'Testing' });
  return { version: 1, plan, target, measurement, search: undefined, aborted: cut };
}

function longest(samples: SampleRows): number {
  return Math.max(...Object.values(samples).map((rows) => rows.length));
}
