/** Models whose versions tell themselves apart by what they answer. */
import { floats, graph, int64s, model, node, tensorInfo } from './onnx-builder.ts';

/** y = factor × x; x `[batch, 1]`. Version n of a test's model multiplies by n. */
export function scaleModel(factor: number): Uint8Array {
  return model({
    name: 'scale',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 1])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 1])],
    nodes: [node('Mul', ['x', 'factor'], ['y'])],
    initializers: [floats('factor', [1], [factor])],
  });
}

/** y = factor × x as well, after about half a second of work. */
export function slowScaleModel(factor: number): Uint8Array {
  const row = ['batch', 1];
  const body = graph({
    name: 'round',
    inputs: [tensorInfo('i', 'INT64', []), tensorInfo('go', 'BOOL', []), tensorInfo('before', 'FLOAT', row)],
    outputs: [tensorInfo('goOn', 'BOOL', []), tensorInfo('after', 'FLOAT', row)],
    nodes: [
      node('Identity', ['go'], ['goOn']),
      // It depends on the row, so that it is computed in each round.
      node('Add', ['matrix', 'before'], ['filled']),
      node('MatMul', ['filled', 'filled'], ['product']),
      node('ReduceMean', ['product'], ['mean'], { keepdims: 0 }),
      node('Mul', ['mean', 'nothing'], ['zero']),
      node('Add', ['before', 'zero'], ['after']),
    ],
  });
  return model({
    name: 'slow-scale',
    inputs: [tensorInfo('x', 'FLOAT', row)],
    outputs: [tensorInfo('y', 'FLOAT', row)],
    nodes: [node('Mul', ['x', 'factor'], ['scaled']), node('Loop', ['rounds', '', 'scaled'], ['y'], { body })],
    initializers: [
      floats('factor', [1], [factor]),
      int64s('rounds', [], [slowRounds]),
      floats('nothing', [], [0]),
      floats('matrix', [width, width], new Float32Array(width * width)),
    ],
  });
}

const width = 256;
const slowRounds = 500;

/** Loads, and throws for every x that is not between -3 and 2: x counts into a table of three. */
export function rangeModel(): Uint8Array {
  return model({
    name: 'range',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 1])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 1])],
    nodes: [node('Cast', ['x'], ['index'], { to: 7 }), node('Gather', ['table', 'index'], ['y'], { axis: 0 })],
    initializers: [floats('table', [3], [10, 20, 30])],
  });
}
