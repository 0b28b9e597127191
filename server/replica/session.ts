/**
 * One loaded model in ONNX Runtime. The only file of Millrace that imports onnxruntime-node, and it only ever runs inside
 * a replica process: `create` and `run` block the thread for their whole duration, and only the process's end stops a run.
 */
import { dirname, sep } from 'node:path';
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { MillraceError } from '../base/errors.ts';
import { takesIndex } from '../protocol/device.ts';
import type { Device, RuntimeFacts } from '../protocol/device.ts';
import type { Datatype, Signature, Tensor, TensorData, TensorSpec } from '../protocol/tensors.ts';

// onnxruntime-node 1.30 picks Float16Array where it exists, which its native half cannot read; without it both use Uint16Array.
delete (globalThis as { Float16Array?: unknown }).Float16Array;
const runtime = await import('onnxruntime-node');

/** The runtime's name of each datatype. BF16 is missing: the binding does not load models that use it. */
const runtimeTypes: Partial<Record<Datatype, RuntimeType>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
type RuntimeType = RuntimeTensor['type'];

const datatypes = new Map<string, Datatype>(
  Object.entries(runtimeTypes).map(([datatype, type]) => [type, datatype as Datatype]),
);

export interface SessionOptions {
  readonly modelPath: string;
  readonly intraOpThreads: number;
  readonly spinning: boolean;
  /** Default: the CPU. Nodes that another device cannot run go to the CPU. */
  readonly device?: Device | undefined;
}

export interface RuntimeSession {
  readonly signature: Signature;
  /** The symbol of each input's first dimension, undefined where it is fixed or the input is a scalar. */
  readonly firstDimensions: readonly (string | undefined)[];
  /** Outputs that are no tensors (maps, sequences) and are therefore not served. */
  readonly skippedOutputs: readonly string[];
  /** Runs once, inputs in signature order; answers in the signature's order of outputs. Throws `inference-failed`. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
}

export function runtimeFacts(): RuntimeFacts {
  return {
    runtimeVersion: runtime.env.versions.node ?? runtime.env.versions.common,
    backends: runtime.listSupportedBackends(),
  };
}

/** Loads a model. Throws `model-load-failed` with a sentence that holds no path of our disk. */
export async function openSession(options: SessionOptions): Promise<RuntimeSession> {
  const session = await createSession(options);
  const inputs = session.inputMetadata.map((meta) => tensorSpec(meta, 'input'));
  const served = session.outputMetadata.filter((meta) => meta.isTensor);
  const outputs = served.map((meta) => tensorSpec(meta, 'output'));
  if (outputs.length === 0) {
    throw new MillraceError('model-load-failed', 'The model has no output that is a tensor.', {
      hint: 'Export it with tensor outputs, for scikit-learn with the option zipmap=False.',
    });
  }
  const fetches = outputs.map((output) => output.name);
  return {
    signature: { inputs, outputs },
    firstDimensions: session.inputMetadata.map((meta) =>
      meta.isTensor && typeof meta.shape[0] === 'string' ? meta.shape[0] : undefined,
    ),
    skippedOutputs: session.outputMetadata.filter((meta) => !meta.isTensor).map((meta) => meta.name),
    async run(tensors) {
      const feeds: Record<string, RuntimeTensor> = {};
      for (const tensor of tensors) {
        feeds[tensor.name] = new runtime.Tensor(runtimeTypes[tensor.datatype]!, tensor.data as never, tensor.shape);
      }
      let results;
      try {
        results = await session.run(feeds, fetches);
      } catch (error) {
        throw new MillraceError('inference-failed', `The model could not compute this request: ${scrub(error)}`, {
          hint: 'Check that the values are ones the model was made for; the same request will fail again.',
        });
      }
      return outputs.map((output) => {
        const result = results[output.name]!;
        return {
          name: output.name,
          datatype: output.datatype,
          shape: result.dims,
          data: result.data as unknown as TensorData,
        };
      });
    },
  };
}

async function createSession(options: SessionOptions) {
  try {
    return await runtime.InferenceSession.create(options.modelPath, {
      executionProviders: providersOf(options.device),
      intraOpNumThreads: options.intraOpThreads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      // DirectML's rule: no memory pattern.
      ...(options.device?.provider === 'dml' && { enableMemPattern: false }),
      extra: { session: { intra_op: { allow_spinning: options.spinning ? '1' : '0' } } },
    });
  } catch (error) {
    // The folder that is known goes first: to the pattern of scrub the name of a folder ends at a space.
    const text = messageOf(error).replaceAll(dirname(options.modelPath) + sep, '');
    throw new MillraceError('model-load-failed', `ONNX Runtime cannot load the model: ${scrub(text)}`, {
      hint: 'Check that the file is a complete ONNX model; export it again if it is not.',
    });
  }
}

/** The device first, the CPU behind it. */
function providersOf(device: Device | undefined): InferenceSession.ExecutionProviderConfig[] {
  if (device === undefined || device.provider === 'cpu') return ['cpu'];
  const { provider, index } = device;
  return [(takesIndex(provider) ? { name: provider, deviceId: index } : provider) as 'cuda', 'cpu'];
}

type Metadata = InferenceSession.ValueMetadata;

function tensorSpec(meta: Metadata, role: 'input' | 'output'): TensorSpec {
  const datatype = meta.isTensor ? datatypes.get(meta.type) : undefined;
  if (!meta.isTensor || datatype === undefined) {
    throw new MillraceError(
      'model-load-failed',
      `The model's ${role} '${meta.name}' is ${meta.isTensor ? `of type ${meta.type}` : 'no tensor'}, which ONNX Runtime for Node cannot carry.`,
      { hint: 'Export the model with tensors of a standard number, boolean or string type.' },
    );
  }
  return { name: meta.name, datatype, shape: meta.shape.map((dim) => (typeof dim === 'number' ? dim : -1)) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line of the runtime's text, without paths: what a client may read. */
function scrub(error: unknown): string {
  const line = messageOf(error)
    .replaceAll(/(?:[A-Za-z]:)?[\\/](?:[^\s\\/:'"]+[\\/])+[^\s:'"]*/g, (path) => path.split(/[\\/]/).pop() ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
