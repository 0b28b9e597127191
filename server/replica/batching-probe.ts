/**
 * Decides at load time whether requests for a model may share a run, by trying it: two rows alone, then together.
 *
 * A free first dimension is not yet a batch dimension. It may be a sequence, or the graph may normalise across rows; then
 * joining two clients' rows would change their answers. The runs double as the warm-up. The first one is made twice: a
 * model that answers the same question in two ways has random parts, and its answers are not worth keeping.
 */
import type { Datatype, Signature, Tensor, TensorData } from '../protocol/tensors.ts';
import type { RuntimeSession } from './session.ts';
import { joinRows, sliceRows } from './tensor-rows.ts';

/** Rows per batch where the model allows batching and nothing is configured: gains have flattened out by then. */
export const defaultMaxBatchSize = 64;

/** Size given to free dimensions other than the first while probing. */
const probeDimension = 2;

/** Largest relative difference between a row alone and the same row in a batch: float32 sums in another order. */
const probeTolerance = 1e-3;

export interface BatchingDecision {
  readonly maxBatchSize: number;
  /** One sentence for people. */
  readonly reason: string;
  /** False where the same inputs gave different outputs. */
  readonly repeats: boolean;
}

/** What the signature alone says; undefined where it leaves batching possible. */
export function batchingObstacle(
  signature: Signature,
  firstDimensions: readonly (string | undefined)[],
): string | undefined {
  const fixed = signature.inputs.find((input) => input.shape[0] !== -1);
  if (fixed !== undefined) {
    return fixed.shape.length === 0
      ? `input '${fixed.name}' is a scalar`
      : `the first dimension of input '${fixed.name}' is fixed at ${fixed.shape[0]}`;
  }
  const fixedOutput = signature.outputs.find((output) => output.shape.length > 0 && output.shape[0] !== -1);
  if (fixedOutput !== undefined) {
    return `the first dimension of output '${fixedOutput.name}' is fixed at ${fixedOutput.shape[0]}`;
  }
  const symbols = new Set(firstDimensions);
  if (symbols.size > 1) return `the inputs' first dimensions have different names (${[...symbols].join(', ')})`;
  return undefined;
}

/**
 * Warms the model and decides. `configured` is the manifest's maxBatchSize: 0 switches batching off, a number above 0 is
 * believed where the probe's made-up inputs cannot run, but not where the probe shows different answers.
 */
export async function probeBatching(
  session: RuntimeSession,
  configured: number | undefined,
): Promise<BatchingDecision> {
  const rowA = probeRow(session.signature, 0);
  const alone = await tryRun(session, rowA);
  const again = alone && (await tryRun(session, rowA));
  const repeats = alone === undefined || again === undefined || sameValues(alone, again);
  return { ...(await decideBatching(session, configured, rowA, alone)), repeats };
}

async function decideBatching(
  session: RuntimeSession,
  configured: number | undefined,
  rowA: readonly Tensor[],
  alone: readonly Tensor[] | undefined,
): Promise<Omit<BatchingDecision, 'repeats'>> {
  const obstacle = batchingObstacle(session.signature, session.firstDimensions);
  if (configured === 0) return { maxBatchSize: 0, reason: 'Batching is off: maxBatchSize is 0.' };
  if (obstacle !== undefined) return { maxBatchSize: 0, reason: `Requests run one by one: ${obstacle}.` };
  const maxBatchSize = configured ?? defaultMaxBatchSize;
  const rowB = probeRow(session.signature, 1);
  const other = await tryRun(session, rowB);
  const together = await tryRun(session, joinRows([rowA, rowB]));
  if (alone === undefined || other === undefined || together === undefined) {
    return configured === undefined
      ? {
          maxBatchSize: 0,
          reason:
            'Requests run one by one: the model refused made-up inputs, so batching could not be tried; set maxBatchSize to switch it on.',
        }
      : { maxBatchSize, reason: `Up to ${maxBatchSize} rows share a run, as configured.` };
  }
  const firstRow = sliceRows(together, 0, 1, 2);
  const secondRow = sliceRows(together, 1, 2, 2);
  if (
    firstRow === undefined ||
    secondRow === undefined ||
    !sameValues(alone, firstRow) ||
    !sameValues(other, secondRow)
  ) {
    return { maxBatchSize: 0, reason: 'Requests run one by one: rows in one run change each other’s answers.' };
  }
  return { maxBatchSize, reason: `Up to ${maxBatchSize} rows share a run.` };
}

async function tryRun(session: RuntimeSession, inputs: readonly Tensor[]): Promise<Tensor[] | undefined> {
  try {
    return await session.run(inputs);
  } catch {
    return undefined;
  }
}

/** A made-up request of one row; `variant` 0 and 1 differ in every element. Values are small, so that indices stay valid. */
export function probeRow(signature: Signature, variant: 0 | 1): Tensor[] {
  return signature.inputs.map((input) => {
    const shape = input.shape.map((dim, index) => (dim !== -1 ? dim : index === 0 ? 1 : probeDimension));
    const length = shape.reduce((product, dim) => product * dim, 1);
    return { name: input.name, datatype: input.datatype, shape, data: probeData(input.datatype, length, variant) };
  });
}

function probeData(datatype: Datatype, length: number, variant: 0 | 1): TensorData {
  const fraction = (index: number): number => ((index * 7 + 3) % 11) / 22 + (variant === 0 ? 0 : 0.37);
  switch (datatype) {
    case 'FP32':
      return Float32Array.from({ length }, (_, index) => fraction(index));
    case 'FP64':
      return Float64Array.from({ length }, (_, index) => fraction(index));
    case 'FP16':
      // 0x3800 is 0.5; small steps in the last bits keep every value between 0.5 and 1.
      return Uint16Array.from({ length }, (_, index) => 0x3800 + ((index * 7) % 64) + variant * 128);
    case 'BF16':
      return Uint16Array.from({ length }, () => 0x3f00 + variant * 16);
    case 'INT64':
      return BigInt64Array.from({ length }, () => BigInt(variant));
    case 'UINT64':
      return BigUint64Array.from({ length }, () => BigInt(variant));
    case 'BYTES':
      return Array.from({ length }, () => (variant === 0 ? 'a' : 'b'));
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(length).fill(variant);
    case 'UINT16':
      return new Uint16Array(length).fill(variant);
    case 'UINT32':
      return new Uint32Array(length).fill(variant);
    case 'INT8':
      return new Int8Array(length).fill(variant);
    case 'INT16':
      return new Int16Array(length).fill(variant);
    case 'INT32':
      return new Int32Array(length).fill(variant);
  }
}

function sameValues(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  return a.every((left, index) => {
    const right = b[index]!;
    if (left.data.length !== right.data.length) return false;
    for (let i = 0; i < left.data.length; i++) {
      const x = left.data[i]!;
      const y = right.data[i]!;
      if (x === y) continue;
      // FP16 and BF16 arrive as bit patterns: neighbouring patterns are neighbouring values of one sign.
      if (left.datatype === 'FP16' || left.datatype === 'BF16') {
        if (Math.abs(Number(x) - Number(y)) > 4) return false;
      } else if (typeof x !== 'number' || typeof y !== 'number') {
        return false;
      } else if (!(Number.isNaN(x) && Number.isNaN(y)) && !(Math.abs(x - y) <= probeTolerance * (1 + Math.abs(x)))) {
        return false;
      }
    }
    return true;
  });
}
