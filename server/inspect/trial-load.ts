/**
 * Tries a model in a process that is thrown away: an empty working directory, a scrubbed environment, a time limit kept here
 * and a memory limit kept there. What it measures is shown to people and stored with the version. The process is gone when
 * the promise settles.
 */
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { spawnReplica } from '../cluster/spawn.ts';
import { modelRefusal, sizeText } from '../models/model-refusal.ts';
import type { TrialRequest } from '../models/trial.ts';
import type { TrialResult } from '../models/version-record.ts';
import { fromErrorBody } from '../protocol/control.ts';
import type { ErrorBody } from '../protocol/control.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes } from '../protocol/frames.ts';
import { memoryMark } from '../replica/trial-command.ts';
import type { TrialCommand, TrialReport } from '../replica/trial-command.ts';

export interface TrialLimits {
  readonly timeMs: number;
  readonly memoryBytes: number;
}

const trialEntry = fileURLToPath(new URL('../replica/trial-main.ts', import.meta.url));
const stderrCharacters = 2000;

/** One minute, and one more for each gigabyte; two gigabytes and four times the weights, but not all of the machine's memory. */
export function trialLimits(weightBytes: number): TrialLimits {
  return {
    timeMs: 60_000 * (1 + Math.ceil(weightBytes / 1e9)),
    memoryBytes: Math.min(2e9 + 4 * weightBytes, 0.8 * totalmem()),
  };
}

/** Throws `model-load-failed` where the model does not load, `model-refused` where it takes too long or too much, or fails its saved test cases. */
export async function tryModel(request: TrialRequest, limits = trialLimits(request.weightBytes)): Promise<TrialResult> {
  const { child, socket, stderr } = spawnReplica(trialEntry, request.emptyFolder);
  let report: TrialReport | undefined;
  let failure: MillraceError | undefined;
  let text = '';
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-stderrCharacters);
  });
  const onAbort = (): void => void child.kill('SIGKILL');
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, limits.timeMs);
  request.signal?.addEventListener('abort', onAbort);
  try {
    const ended = new Promise<string>((resolve) => {
      child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const channel = new FrameChannel(socket, {
      onFrame(frame) {
        if (frame.type === frameTypes.loaded) report = JSON.parse(frame.body.toString()) as TrialReport;
        else if (frame.type === frameTypes.loadFailed)
          failure = fromErrorBody(JSON.parse(frame.body.toString()) as ErrorBody);
      },
      onClose() {},
    });
    channel.sendJson(frameTypes.load, 0, {
      modelPath: request.modelPath,
      maxBatchSize: request.maxBatchSize,
      memoryLimitBytes: limits.memoryBytes,
      samples: request.samples,
      recipe: request.recipe,
    } satisfies TrialCommand);
    const end = await ended;
    request.signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    if (report === undefined) throw endedEarly(end, isLate, text, limits);
    return accepted(report);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}

function accepted(report: TrialReport): TrialResult {
  const { samples, ...measured } = report;
  if (samples !== undefined && samples.failures.length > 0) {
    throw modelRefusal(
      'samples',
      `The model fails its saved test cases: ${samples.failures.join('; ')}.`,
      'Check the model, or correct samples.json; --no-samples imports it without the test.',
    );
  }
  return { ...measured, samples: samples && { rows: samples.rows, worstError: samples.worstError } };
}

function endedEarly(end: string, isLate: boolean, stderr: string, limits: TrialLimits): MillraceError {
  if (isLate) {
    const message = `The model did not load and run within ${Math.round(limits.timeMs / 1000)} s, so it was not imported.`;
    return modelRefusal('trial-time', message, 'Check that the model ends for small inputs; a loop in it may not.');
  }
  if (stderr.includes(memoryMark)) {
    const message = `The model took more than ${sizeText(limits.memoryBytes)} of memory when it was tried, so it was not imported.`;
    return modelRefusal('trial-memory', message, 'Use a smaller or quantised model, or a machine with more memory.');
  }
  return modelRefusal(
    'trial-crash',
    `The model ended the process that tried it (${end}), so it was not imported.`,
    'Export it again with a current exporter; if it stays so, report it with the model.',
    new Error(stderr),
  );
}
