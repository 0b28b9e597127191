/**
 * Models that a serving cluster must survive: they cannot batch, fail on some inputs, take as long as the request says, or
 * never return. Each answers ordinary requests at once and correctly. Well-behaved ones: models.ts.
 */

import { bools, floats, graph, int64s, model, node, tensorInfo } from './onnx-builder.ts';

/** y = 2 x for exactly one row: x `[1, 4]`. Its first dimension is fixed, so it can never batch. */
export function fixedBatchModel(): Uint8Array {
  return model({
    name: 'fixed-batch',
    inputs: [tensorInfo('x', 'FLOAT', [1, 4])],
    outputs: [tensorInfo('y', 'FLOAT', [1, 4])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  });
}

/**
 * y = x minus the mean over all rows; x `[batch, n]`. The first dimension is free, yet rows of two requests must not run
 * together: alone, each single row answers zeros. Only `"maxBatchSize": 0` in the manifest can know.
 */
export function rowMixingModel(): Uint8Array {
  return model({
    name: 'row-mixing',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 'n'])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 'n'])],
    nodes: [node('ReduceMean', ['x'], ['mean'], { axes: [0], keepdims: 1 }), node('Sub', ['x', 'mean'], ['y'])],
  });
}

/** What `lookupModel` answers for index 0, 1, 2. */
export const LOOKUP_TABLE = [10, 20, 30] as const;

/**
 * y = LOOKUP_TABLE[index]; index `[batch, 1]` INT64, y `[batch, 1]`. An index outside -3 to 2 makes the run throw, and with
 * it the whole batch that the row is in.
 */
export function lookupModel(): Uint8Array {
  return model({
    name: 'lookup',
    inputs: [tensorInfo('index', 'INT64', ['batch', 1])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 1])],
    nodes: [node('Gather', ['table', 'index'], ['y'], { axis: 0 })],
    initializers: [floats('table', [LOOKUP_TABLE.length], LOOKUP_TABLE)],
  });
}

/** Ordinary values, such as those a loader warms a model up with, stay below. */
export const ENDLESS_ABOVE = 1000;

/**
 * y = x, but a run in which any row's first value is above ENDLESS_ABOVE never returns: a Loop without a trip count whose condition
 * stays true. It uses one core and no growing memory. x `[batch, 4]`.
 */
export function endlessLoopModel(): Uint8Array {
  const row = ['batch', 4];
  const body = graph({
    name: 'forever',
    inputs: [tensorInfo('i', 'INT64', []), tensorInfo('go', 'BOOL', []), tensorInfo('before', 'FLOAT', row)],
    outputs: [tensorInfo('goOn', 'BOOL', []), tensorInfo('after', 'FLOAT', row)],
    nodes: [node('Identity', ['go'], ['goOn']), node('Identity', ['before'], ['after'])],
  });
  return model({
    name: 'endless-loop',
    inputs: [tensorInfo('x', 'FLOAT', row)],
    outputs: [tensorInfo('y', 'FLOAT', row)],
    nodes: [
      node('Gather', ['x', 'firstColumn'], ['firsts'], { axis: 1 }),
      node('ReduceMax', ['firsts'], ['largest'], { axes: [0], keepdims: 0 }),
      node('Greater', ['largest', 'limit'], ['start']),
      node('Loop', ['', 'start', 'x'], ['y'], { body }),
    ],
    initializers: [int64s('firstColumn', [], [0]), floats('limit', [], [ENDLESS_ABOVE])],
  });
}

const ROTATION_WIDTH = 256;

/**
 * y = x after as much work as the request asks for: x `[batch, 4]`, rounds `[batch, 1]` INT64; a batch works for the largest
 * of its rounds, so its run time does not add up. A round takes 0.3 ms (100 rounds: 30 ms); 0 rounds take 0.03 ms.
 *
 * The work moves a permutation matrix on by one place with a 256 x 256 MatMul. Its largest entry is 1 after any number of
 * rounds, and y = x times that: exact, and out of reach of an optimiser.
 */
export function tunableModel(): Uint8Array {
  const square = [ROTATION_WIDTH, ROTATION_WIDTH];
  const rotation = new Float32Array(ROTATION_WIDTH * ROTATION_WIDTH);
  for (let row = 0; row < ROTATION_WIDTH; row += 1) rotation[row * ROTATION_WIDTH + ((row + 1) % ROTATION_WIDTH)] = 1;
  const body = graph({
    name: 'round',
    inputs: [tensorInfo('i', 'INT64', []), tensorInfo('go', 'BOOL', []), tensorInfo('before', 'FLOAT', square)],
    outputs: [tensorInfo('goOn', 'BOOL', []), tensorInfo('after', 'FLOAT', square)],
    nodes: [node('Identity', ['go'], ['goOn']), node('MatMul', ['before', 'rotation'], ['after'])],
  });
  return model({
    name: 'tunable',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 4]), tensorInfo('rounds', 'INT64', ['batch', 1])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 4])],
    nodes: [
      node('ReduceMax', ['rounds'], ['trips'], { axes: [0, 1], keepdims: 0 }),
      node('Loop', ['trips', 'always', 'rotation'], ['rotated'], { body }),
      node('ReduceMax', ['rotated'], ['one'], { keepdims: 0 }),
      node('Mul', ['x', 'one'], ['y']),
    ],
    initializers: [bools('always', [], [true]), floats('rotation', square, rotation)],
  });
}
