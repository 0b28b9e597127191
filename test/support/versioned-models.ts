/** Models whose versions tell themselves apart by what they answer. */
import { floats, model, node, tensorInfo } from './onnx-builder.ts';

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
