/**
 * Well-behaved models for tests and benchmarks, each made for one question. Every function gives the bytes of a
 * model.onnx; model-repository.ts writes them to disk. For models that stall, fail or cannot batch: awkward-models.ts.
 *
 * Run times were measured on two cores of an x64 server (Debian 12, Node 26.10, onnxruntime-node 1.30, one intra-op
 * thread, batch 1).
 */

import {
  floats,
  graph,
  int64s,
  model,
  node,
  tensorInfo,
  type Attribute,
  type ElementType,
  type Node,
  type Shape,
} from './onnx-builder.ts';
import { randomFloats, seededRandom } from './seeded-random.ts';

/** Every element type that ONNX Runtime for Node carries, with the datatype that the protocol calls it. */
export const CARRIED_TYPES = [
  { type: 'BOOL', datatype: 'BOOL' },
  { type: 'UINT8', datatype: 'UINT8' },
  { type: 'UINT16', datatype: 'UINT16' },
  { type: 'UINT32', datatype: 'UINT32' },
  { type: 'UINT64', datatype: 'UINT64' },
  { type: 'INT8', datatype: 'INT8' },
  { type: 'INT16', datatype: 'INT16' },
  { type: 'INT32', datatype: 'INT32' },
  { type: 'INT64', datatype: 'INT64' },
  { type: 'FLOAT16', datatype: 'FP16' },
  { type: 'FLOAT', datatype: 'FP32' },
  { type: 'DOUBLE', datatype: 'FP64' },
  { type: 'STRING', datatype: 'BYTES' },
] as const satisfies readonly { type: ElementType; datatype: string }[];

/** A 224 x 224 colour image as FP32: 602,112 bytes a row. */
export const IMAGE_SHAPE = ['batch', 3, 224, 224] as const;
export const FLAT_IMAGE_SHAPE = ['batch', 150_528] as const;

/** y = x, of any type and shape. With `FLAT_IMAGE_SHAPE` a run takes 0.07 to 0.25 ms: the rest is transport. */
export function identityModel(type: ElementType, shape: Shape = ['batch', 'n']): Uint8Array {
  return model({
    name: 'identity',
    inputs: [tensorInfo('x', type, shape)],
    outputs: [tensorInfo('y', type, shape)],
    nodes: [node('Identity', ['x'], ['y'])],
  });
}

/**
 * Dense layers with ReLU between them and seeded weights; x: `[batch, dims[0]]`, y: `[batch, dims.at(-1)]`.
 * 64-512-512-10 has 1.2 MB and takes 0.03 to 0.04 ms.
 */
export function mlpModel(dims: readonly number[], seed: number): Uint8Array {
  const layers = mlpLayers(dims, seed);
  const nodes = layers.flatMap((_layer, index): Node[] => {
    const from = index === 0 ? 'x' : `relu${index}`;
    if (index === layers.length - 1) return [node('Gemm', [from, `w${index}`, `b${index}`], ['y'])];
    return [
      node('Gemm', [from, `w${index}`, `b${index}`], [`sum${index + 1}`]),
      node('Relu', [`sum${index + 1}`], [`relu${index + 1}`]),
    ];
  });
  return model({
    name: 'mlp',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', dims[0]!])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', dims.at(-1)!])],
    nodes,
    initializers: layers.flatMap(({ inputs, outputs, weights, bias }, index) => [
      floats(`w${index}`, [inputs, outputs], weights),
      floats(`b${index}`, [outputs], bias),
    ]),
  });
}

export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, outputs]`, row-major. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** The weights of `mlpModel`, for computing its answers independently. */
export function mlpLayers(dims: readonly number[], seed: number): DenseLayer[] {
  const random = seededRandom(seed);
  return dims.slice(1).map((outputs, index) => {
    const inputs = dims[index]!;
    const weights = randomFloats(random, inputs * outputs, Math.sqrt(6 / inputs));
    return { inputs, outputs, weights, bias: randomFloats(random, outputs, 0.1) };
  });
}

/** Width and repetitions of `heavyModel`. */
export const HEAVY_WIDTH = 512;
export const HEAVY_ROUNDS = 1000;

/** The one weight matrix of `heavyModel`, `[HEAVY_WIDTH, HEAVY_WIDTH]`; its span keeps values from fading or saturating. */
export function heavyWeights(): Float32Array<ArrayBuffer> {
  return randomFloats(seededRandom(11), HEAVY_WIDTH * HEAVY_WIDTH, Math.sqrt(3 / HEAVY_WIDTH));
}

/**
 * y = tanh(x W), 1000 times over with one W of 512 x 512: 1 MB on disk, 14 ms a run (8 rows: 41 ms, 32 rows: 156 ms).
 * A Loop, not 1000 nodes: ONNX Runtime packs the weights once for each node, which would take 1 GB.
 */
export function heavyModel(): Uint8Array {
  const row = ['batch', HEAVY_WIDTH];
  const body = graph({
    name: 'round',
    inputs: [tensorInfo('i', 'INT64', []), tensorInfo('go', 'BOOL', []), tensorInfo('before', 'FLOAT', row)],
    outputs: [tensorInfo('goOn', 'BOOL', []), tensorInfo('after', 'FLOAT', row)],
    nodes: [
      node('Identity', ['go'], ['goOn']),
      node('MatMul', ['before', 'w'], ['sum']),
      node('Tanh', ['sum'], ['after']),
    ],
  });
  return model({
    name: 'heavy',
    inputs: [tensorInfo('x', 'FLOAT', row)],
    outputs: [tensorInfo('y', 'FLOAT', row)],
    nodes: [node('Loop', ['rounds', '', 'x'], ['y'], { body })],
    initializers: [int64s('rounds', [], [HEAVY_ROUNDS]), floats('w', [HEAVY_WIDTH, HEAVY_WIDTH], heavyWeights())],
  });
}

/** Two inputs of one shape, four outputs of several types: sum, product, whether a > b, and the column of the largest sum. */
export function twoInputModel(): Uint8Array {
  return model({
    name: 'two-inputs',
    inputs: [tensorInfo('a', 'FLOAT', ['batch', 3]), tensorInfo('b', 'FLOAT', ['batch', 3])],
    outputs: [
      tensorInfo('sum', 'FLOAT', ['batch', 3]),
      tensorInfo('product', 'FLOAT', ['batch', 3]),
      tensorInfo('larger', 'BOOL', ['batch', 3]),
      tensorInfo('column', 'INT64', ['batch']),
    ],
    nodes: [
      node('Add', ['a', 'b'], ['sum']),
      node('Mul', ['a', 'b'], ['product']),
      node('Greater', ['a', 'b'], ['larger']),
      node('ArgMax', ['sum'], ['column'], { axis: 1, keepdims: 0 }),
    ],
  });
}

/** The words that `dictionaryModel` knows; it answers every other one with code -1 and `'?'`. */
export const DICTIONARY = { one: 'eins', two: 'zwei', three: 'drei', größe: 'size', '': 'empty' } as const;

/** Text in, text and number out: word `[batch, 1]` gives its index in `DICTIONARY` and its translation. */
export function dictionaryModel(): Uint8Array {
  const words = Object.keys(DICTIONARY);
  return model({
    name: 'dictionary',
    mlOpset: 2,
    inputs: [tensorInfo('word', 'STRING', ['batch', 1])],
    outputs: [tensorInfo('code', 'INT64', ['batch', 1]), tensorInfo('translation', 'STRING', ['batch', 1])],
    nodes: [
      labelEncoder('code', { keys_strings: words, values_int64s: [...words.keys()], default_int64: -1 }),
      labelEncoder('translation', {
        keys_strings: words,
        values_strings: Object.values(DICTIONARY),
        default_string: '?',
      }),
    ],
  });
}

function labelEncoder(output: string, attributes: Record<string, Attribute>): Node {
  return node('LabelEncoder', ['word'], [output], attributes, 'ai.onnx.ml');
}
