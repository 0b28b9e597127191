import { expect, test } from 'vitest';
import { parseRemoteMetadata } from '../../server/balancer/remote-metadata.ts';

const x = { name: 'x', datatype: 'FP32', shape: [-1, 4] };
const y = { name: 'y', datatype: 'BYTES', shape: [] };

test('takes the tensors and leaves everything else', () => {
  const text = JSON.stringify({ name: 'm', platform: 'p', inputs: [{ ...x, parameters: {} }], outputs: [x, y] });
  expect(parseRemoteMetadata(text)).toEqual({ inputs: [x], outputs: [x, y] });
});

test.each<[string, unknown]>([
  ['an error', { error: 'unknown model' }],
  ['null', null],
  ['no inputs', { inputs: [], outputs: [y] }],
  ['an unknown datatype', { inputs: [{ ...x, datatype: 'FP8' }], outputs: [y] }],
  ['a shape with a negative size', { inputs: [{ ...x, shape: [-2] }], outputs: [y] }],
  ['a shape with text', { inputs: [{ ...x, shape: ['4'] }], outputs: [y] }],
  ['a name that is none', { inputs: [{ ...x, name: 3 }], outputs: [y] }],
  ['a tensor that is none', { inputs: [null], outputs: [y] }],
])('makes nothing of %s', (_what, document) => {
  expect(parseRemoteMetadata(JSON.stringify(document))).toBeUndefined();
});

test('makes nothing of what is not JSON', () => {
  expect(parseRemoteMetadata('<html>')).toBeUndefined();
});
