/**
 * Runs model bytes in the real ONNX Runtime inside the test's own process, with no replica and no host around it.
 *
 * `run` blocks the thread, so never hand a model without end to it.
 */

import type { InferenceSession, Tensor } from 'onnxruntime-node';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
// The binding cannot read a Float16Array and takes a Uint16Array where there is none. Both lines come before the import.
Reflect.deleteProperty(globalThis, 'Float16Array');
export const ort = await import('onnxruntime-node');

/** A session of one thread that logs nothing but fatal errors. */
export function openSession(bytes: Uint8Array): Promise<InferenceSession> {
  return ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 });
}

/** Runs the model once; gives the elements of each output as a plain list. */
export async function answerOf(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, unknown[]>> {
  const session = await openSession(bytes);
  try {
    const outputs = Object.entries(await session.run(feeds));
    return Object.fromEntries(outputs.map(([name, tensor]) => [name, [...(tensor.data as Iterable<unknown>)]]));
  } finally {
    await session.release();
  }
}

export function float32(values: ArrayLike<number>, dims: readonly number[]): Tensor {
  return new ort.Tensor('float32', Float32Array.from(values), dims);
}

export function int64(values: readonly number[], dims: readonly number[]): Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}
