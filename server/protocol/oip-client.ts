/**
 * The other side of the Open Inference Protocol: a request with raw tensors, and the tensors of its answer. For what the host
 * asks of its own replicas: saved test cases, and answers that are compared. Never on the path of a client's request.
 */
import { MillraceError } from '../base/errors.ts';
import { BinaryTail, readBinaryElements } from './binary-tensor.ts';
import { countElements, isDatatype, rawElements } from './datatypes.ts';
import { isEncoded } from './encoded-images.ts';
import { parseJsonDocument } from './json-document.ts';
import type { Tensor } from './tensors.ts';

/** Asks for all outputs as raw tensors. */
export function encodeInferRequest(inputs: readonly Tensor[]): {
  readonly body: Buffer[];
  readonly jsonLength: number;
} {
  const raw = inputs.map(({ data }) => rawElements(data));
  const head = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: inputs.map((input, index) => ({
        name: input.name,
        datatype: input.datatype,
        shape: isEncoded(input) ? [input.files.length] : input.shape,
        parameters: { binary_data_size: raw[index]!.byteLength },
      })),
    }),
  );
  return { body: [head, ...raw.map((bytes) => Buffer.from(bytes))], jsonLength: head.length };
}

/** The outputs that came as raw tensors; the others are left out. Throws `internal` where it is no such answer. */
export function decodeInferAnswer(body: Buffer, jsonLength: number | undefined): Tensor[] {
  const document = parseJsonDocument(body.subarray(0, jsonLength ?? body.length)) as { outputs?: unknown };
  if (!Array.isArray(document.outputs)) throw new MillraceError('internal', 'An answer has no outputs.');
  const tail = new BinaryTail(body.subarray(jsonLength ?? body.length));
  return (document.outputs as AnsweredOutput[]).flatMap((output) => {
    const { name, datatype, shape, parameters } = output;
    if (parameters?.binary_data_size === undefined || !isDatatype(datatype)) return [];
    const bytes = tail.take(parameters.binary_data_size, name);
    const spec = { name, datatype, shape };
    return [{ ...spec, data: readBinaryElements(bytes, spec, shape, countElements(shape, name)) }];
  });
}

interface AnsweredOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: { readonly binary_data_size?: number };
}
