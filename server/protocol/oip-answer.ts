/**
 * Open Inference Protocol v2: another server's answer from bytes to tensors, so that it can be kept and written in other
 * forms. Only what is complete and plain is read; anything else is passed on as it came and not kept.
 */
import { BinaryTail, readBinaryElements } from './binary-tensor.ts';
import { countElements, isDatatype } from './datatypes.ts';
import { parseExactJsonDocument, parseJsonDocument } from './json-document.ts';
import { readJsonElements } from './json-tensor.ts';
import type { Tensor } from './tensors.ts';

export interface InferAnswer {
  /** What the server calls the version. */
  readonly version: string;
  readonly outputs: readonly Tensor[];
}

interface OutputObject {
  readonly name: string;
  readonly datatype: unknown;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
  readonly parameters?: Readonly<Record<string, unknown>>;
}

interface AnswerObject {
  readonly model_version?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs: readonly OutputObject[];
}

/** Undefined where the answer is not one, or says more than its outputs: parameters of its own would be lost. */
export function readInferAnswer(body: Buffer, jsonLength: number | undefined): InferAnswer | undefined {
  try {
    const json = body.subarray(0, jsonLength);
    const tail = new BinaryTail(body.subarray(jsonLength ?? body.length));
    const answer = parseJsonDocument(json) as AnswerObject;
    if (Object.keys(answer.parameters ?? {}).length > 0) return undefined;
    const outputs = answer.outputs.map((output, index) =>
      readOutput(output, tail, () => (parseExactJsonDocument(json) as AnswerObject).outputs[index]!.data!),
    );
    if (tail.remaining > 0 || outputs.includes(undefined)) return undefined;
    const version = typeof answer.model_version === 'string' ? answer.model_version : '';
    return { version, outputs: outputs as Tensor[] };
  } catch {
    return undefined;
  }
}

function readOutput(output: OutputObject, tail: BinaryTail, readExactly: () => readonly unknown[]): Tensor | undefined {
  const { name, datatype, shape, data, parameters = {} } = output;
  if (!isDatatype(datatype) || !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0))
    return undefined;
  const count = countElements(shape, name);
  const { binary_data_size: size, ...others } = parameters;
  if (Object.keys(others).length > 0 || (data === undefined) === (size === undefined)) return undefined;
  if (data === undefined) {
    const bytes = tail.take(size as number, name);
    return { name, datatype, shape, data: readBinaryElements(bytes, { name, datatype, shape }, shape, count) };
  }
  return { name, datatype, shape, data: readJsonElements({ name, datatype, data, readExactly }, count) };
}
