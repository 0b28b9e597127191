/**
 * Tries one model on one device: loads it, runs it, compares what comes out with what is right, measures how fast it is. Runs in a
 * child that is thrown away (device-main.ts), because a driver that fails may take the process with it.
 */
import type { Device, DeviceCases, DeviceTrial } from '../protocol/device.ts';
import { deviceName } from '../protocol/device.ts';
import { fp16ToNumber } from '../protocol/half-floats.ts';
import type { Tensor } from '../protocol/tensors.ts';
import { batchingObstacle, probeRow } from './batching-probe.ts';
import type { RuntimeSession } from './session.ts';
import { joinRows } from './tensor-rows.ts';

/**
 * Largest difference that counts as the same, relative to 1 + the size of the value: graphics processors add in another order and
 * multiply with ten or eleven bits of mantissa (TF32), which after some layers is in the third digit.
 */
export const deviceTolerance = 1e-2;
/** Rows of the batch that is timed, where the model takes several. */
const batchRows = 16;
/** One timing: so many runs or so long, whichever comes first, after the first run. */
const timedRuns = 30;
const timedMs = 400;

/** Opens the model on a device; throws where it does not load there. */
export type OpenOn = (device: Device) => Promise<RuntimeSession>;

export async function tryDevice(open: OpenOn, device: Device, cases: DeviceCases | undefined): Promise<DeviceTrial> {
  const inputs: Tensor[][] = [];
  let right: Tensor[][] | undefined;
  if (cases === undefined) {
    const reference = await open({ provider: 'cpu', index: 0 });
    inputs.push(...madeUpInputs(reference));
    try {
      right = [];
      for (const input of inputs) right.push(await reference.run(input));
    } catch {
      return wrong(
        device,
        'The model refuses made-up inputs, so its answers there cannot be compared with those of the CPU.',
      );
    }
  }
  const startedMs = performance.now();
  let session: RuntimeSession;
  try {
    session = await open(device);
  } catch (error) {
    return wrong(device, `It does not load there: ${plain(error)}`);
  }
  const loadMs = performance.now() - startedMs;
  if (cases !== undefined) {
    const { input, output } = tensorsOf(session, cases);
    inputs.push([input]);
    right = [[output]];
  }
  let worstError = 0;
  let firstRunMs = 0;
  for (const [index, input] of inputs.entries()) {
    const beganMs = performance.now();
    let answer: Tensor[];
    try {
      answer = await session.run(input);
    } catch (error) {
      return { ...wrong(device, `It does not run there: ${plain(error)}`), loadMs };
    }
    if (index === 0) firstRunMs = performance.now() - beganMs;
    worstError = Math.max(worstError, worstDifference(right![index]!, answer));
  }
  const measured = { loadMs, firstRunMs, worstError };
  if (!(worstError <= deviceTolerance)) {
    const size = Number.isFinite(worstError) ? worstError.toPrecision(2) : 'not a number';
    return {
      ...wrong(device, `It gives wrong numbers there: they differ by ${size}, allowed is ${deviceTolerance}.`),
      ...measured,
    };
  }
  return { device, isRight: true, reason: '', ...measured, ...(await speedOf(session)) };
}

function wrong(device: Device, reason: string): DeviceTrial {
  return {
    device,
    isRight: false,
    reason: reason.replaceAll(/\s+/g, ' ').slice(0, 400) || `${deviceName(device)} fails.`,
  };
}

/** Without what we say before and what the runtime says of its own sources. */
function plain(error: unknown): string {
  return (error as Error).message
    .replace(/^ONNX Runtime cannot load the model: /, '')
    .replace(/^\S+\.cc:\d+ .* was false\. /, '');
}

function madeUpInputs(session: RuntimeSession): Tensor[][] {
  const rows = [probeRow(session.signature, 0), probeRow(session.signature, 1)];
  return batches(session) ? [...rows, joinRows(rows)] : rows;
}

function batches({ signature, firstDimensions }: RuntimeSession): boolean {
  return batchingObstacle(signature, firstDimensions) === undefined;
}

async function speedOf(
  session: RuntimeSession,
): Promise<Pick<DeviceTrial, 'rowsPerSecond' | 'batchRows' | 'batchRowsPerSecond'>> {
  const row = probeRow(session.signature, 0);
  const rowsPerSecond = 1000 / (await medianMs(session, row));
  if (!batches(session)) return { rowsPerSecond };
  try {
    const batch = joinRows(
      Array.from({ length: batchRows }, (_, index) => probeRow(session.signature, index % 2 === 0 ? 0 : 1)),
    );
    return { rowsPerSecond, batchRows, batchRowsPerSecond: (batchRows * 1000) / (await medianMs(session, batch)) };
  } catch {
    return { rowsPerSecond };
  }
}

async function medianMs(session: RuntimeSession, input: readonly Tensor[]): Promise<number> {
  const times: number[] = [];
  const untilMs = performance.now() + timedMs;
  await session.run(input);
  do {
    const beganMs = performance.now();
    await session.run(input);
    times.push(performance.now() - beganMs);
  } while (times.length < timedRuns && performance.now() < untilMs);
  return Math.max(1e-4, times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!);
}

function tensorsOf(
  session: RuntimeSession,
  { input, expected }: DeviceCases,
): { readonly input: Tensor; readonly output: Tensor } {
  const floats = (spec: { readonly name: string }, rows: readonly (readonly number[])[]): Tensor => ({
    name: spec.name,
    datatype: 'FP32',
    shape: [rows.length, rows[0]!.length],
    data: Float32Array.from(rows.flat()),
  });
  const { inputs, outputs } = session.signature;
  return { input: floats(inputs[0]!, input), output: floats(outputs[0]!, expected) };
}

/** Infinite where the two have other shapes, texts or kinds, or one of them is not a number and the other is. */
export function worstDifference(right: readonly Tensor[], other: readonly Tensor[]): number {
  let worst = 0;
  for (const [index, wanted] of right.entries()) {
    const got = other[index];
    if (got === undefined || got.data.length !== wanted.data.length || got.datatype !== wanted.datatype)
      return Infinity;
    for (let at = 0; at < wanted.data.length; at += 1) {
      const [x, y] = [wanted.data[at]!, got.data[at]!];
      if (x === y) continue;
      if (typeof x === 'string' || typeof y === 'string') return Infinity;
      const [a, b] =
        wanted.datatype === 'FP16' ? [fp16ToNumber(Number(x)), fp16ToNumber(Number(y))] : [Number(x), Number(y)];
      if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
      const difference = Math.abs(a - b) / (1 + Math.abs(a));
      if (!(difference <= Number.MAX_VALUE)) return Infinity;
      worst = Math.max(worst, difference);
    }
  }
  return worst;
}
