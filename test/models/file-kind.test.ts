import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWrongFile } from '../../server/models/file-kind.ts';

const pickle2 = Buffer.from('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M', 'latin1');
const sklearn = Buffer.concat([
  Buffer.from([0x80, 0x04, 0x95]),
  Buffer.from('\x13\x00\x00\x8c\x1esklearn.linear_model._logistic', 'latin1'),
]);
const safetensors = Buffer.concat([
  Buffer.from([80, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from('{"weight":{"dtype":"F32","shape":[2]}}'),
]);
const savedModel = Buffer.from(
  '\b\u0001\u0012\u0080\u0001\n\u0004\u0012\u0002serve\u0012\u0010VarHandleOp saved_model',
  'latin1',
);
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n';

describe('describeWrongFile', () => {
  it.each([
    ['', 'x.onnx', 'empty', /empty file/],
    ['<!DOCTYPE html>\n<html>', 'x.onnx', 'web-page', /web page/],
    ['\n\n  <html lang="en">', 'x.onnx', 'web-page', /web page/],
    ['\uFEFF<!-- x -->', 'x.onnx', 'web-page', /web page/],
    [lfs, 'x.onnx', 'git-lfs-pointer', /548105171 bytes/],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'x.onnx', 'xml', /XML/],
    ['{"error":"Invalid username or password."}', 'x.onnx', 'json', /JSON/],
    ['Not found, sorry, try another', 'x.onnx', 'text', /text file/],
    ['PK\x03\x04\x00\x00archive/data.pkl', 'x.pt', 'pytorch', /PyTorch/],
    ['PK\x03\x04\x00\x00config.json metadata.json model.weights.h5', 'x.keras', 'keras', /Keras/],
    ['PK\x03\x04something else', 'x.onnx', 'zip', /zip archive/],
    [pickle2, 'pytorch_model.bin', 'pytorch', /PyTorch/],
    [sklearn, 'model.bin', 'pickle', /pickle of scikit-learn/],
    [Buffer.from([0x80, 0x04, 0x95, 1, 2]), 'model.pkl', 'pickle', /pickle/],
    [savedModel, 'model.onnx', 'tensorflow', /SavedModel/],
    ['\b\u0001', 'saved_model.pb', 'tensorflow', /SavedModel/],
    ['\n\u001f\n\u0001x\u0012\u000bPlaceholder', 'frozen.onnx', 'tensorflow', /TensorFlow graph/],
    [Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'x.h5', 'keras', /HDF5/],
    ['\x1c\x00\x00\x00TFL3', 'x.tflite', 'tflite', /TensorFlow Lite/],
    ['\x1c\x00\x00\x00ORTM', 'x.ort', 'ort-format', /\.ort/],
    [safetensors, 'x.safetensors', 'safetensors', /safetensors/],
    ['GGUF\x03\x00\x00\x00', 'x.gguf', 'gguf', /GGUF/],
  ])('tells %j called %s', (content, name, reason, words) => {
    const head = Buffer.from(content as string);
    const found = describeWrongFile(head, head.length === 0 ? 0 : Math.max(head.length, 5000), name);
    expect(found?.reason).toBe(reason);
    expect(found?.is).toMatch(words);
    expect(found?.hint).toMatch(/^[A-Z`].+[.:`]$/);
  });

  it.each(['iris', 'digits', 'diabetes', 'breast-cancer'])('lets the model %s pass', (name) => {
    const bytes = readFileSync(join(import.meta.dirname, '../../resources/models', name, '1/model.onnx'));
    expect(describeWrongFile(bytes.subarray(0, 4096), bytes.length, 'model.onnx')).toBeUndefined();
  });

  it('leaves random bytes to the reader of models', () => {
    expect(describeWrongFile(Buffer.from([0xf3, 0x9a, 0x00, 0xff, 0x17]), 5, 'x.onnx')).toBeUndefined();
  });
});
