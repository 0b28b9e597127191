import { describe, expect, it } from 'vitest';
import { parseLocation } from '../../server/models/external-data.ts';

describe('parseLocation', () => {
  it.each([
    ['model.onnx.data', ['model.onnx.data']],
    ['./weights.bin', ['weights.bin']],
    ['weights/layer 1.bin', ['weights', 'layer 1.bin']],
    ['onnx__MatMul_1234', ['onnx__MatMul_1234']],
  ])('takes %s', (location, segments) => {
    expect(parseLocation(location)).toEqual(segments);
  });

  it.each([
    '',
    '.',
    '..',
    '../weights.bin',
    'a/../../b',
    'a/..',
    '/etc/passwd',
    'C:\\weights',
    'C:weights',
    'a\\..\\b',
    '\\\\server\\share',
    'a//b',
    'a/',
    './../b',
    'weights.bin:stream',
    'nul',
    'COM1.data',
    'a\0b',
    'weights\u202Etxt.bin',
    'weights.',
    'weights ',
    '*/_ORT_MEM_ADDR_/*',
    'a/b/c/d/e/f/g/h/i',
    'x'.repeat(201),
    'model.onnx',
    'Version.JSON',
    './labels.txt',
  ])('refuses %j with the location in the sentence', (location) => {
    expect(() => parseLocation(location)).toThrow(JSON.stringify(location.slice(0, 200)));
  });
});
