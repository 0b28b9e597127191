/**
 * The last test before a version is switched to: its saved test cases, through the very replicas that will answer. The import has
 * run them too, on another day, in another process, perhaps with `--no-samples`.
 */
import { MillraceError } from '../base/errors.ts';
import { noSavedAnswer } from '../balancer/call.ts';
import type { Answer } from '../balancer/call.ts';
import { joined } from '../protocol/frames.ts';
import { decodeInferAnswer, encodeInferRequest } from '../protocol/oip-client.ts';
import { compareSamples } from '../protocol/sample-comparison.ts';
import type { SamplesReport, SavedSamples } from '../protocol/sample-comparison.ts';
import type { Tensor } from '../protocol/tensors.ts';
import type { ServedModel } from './served-model.ts';

/** Throws `model-refused` where an answer differs, and what the model threw where it threw. */
export async function runSampleGate(model: ServedModel, samples: SavedSamples): Promise<SamplesReport> {
  const { facts } = model;
  if (facts === undefined) throw new MillraceError('internal', 'The gate runs before the model has loaded.');
  const report = await compareSamples(
    { signature: facts.signature, recipe: facts.recipe, run: (inputs) => askVersion(model, inputs) },
    samples,
  );
  if (report.failures.length === 0) return report;
  throw new MillraceError(
    'model-refused',
    `Version ${model.version} of ${model.name} fails its saved test cases: ${report.failures.join('; ')}.`,
    { hint: 'Check the model, or import it again with a corrected samples.json.', details: { reason: 'samples' } },
  );
}

/** One request to a version, past the gateway. */
export async function askVersion(model: ServedModel, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const { body, jsonLength } = encodeInferRequest(inputs);
  const receivedMs = performance.now();
  const answer = await new Promise<Answer>((resolve, reject) => {
    model.submit(
      {
        kind: 'oip',
        body,
        bodyBytes: body.reduce((sum, piece) => sum + piece.length, 0),
        jsonLength,
        priority: 'interactive',
        clientIp: '',
        affinityKey: undefined,
        saved: noSavedAnswer,
        forwarded: false,
        receivedMs,
        deadlineMs: receivedMs + model.timeoutMs,
      },
      resolve,
      reject,
    );
  });
  if (answer.type !== 'result') throw new MillraceError('internal', 'The gate was answered by another server.');
  return decodeInferAnswer(joined(answer.body), answer.jsonLength);
}
