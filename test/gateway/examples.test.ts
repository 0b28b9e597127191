import { describe, expect, it } from 'vitest';
import { curlLine, exampleRequest, powershellLine } from '../../server/gateway/examples.ts';
import { fakeModel, spec } from './fake-model.ts';

describe('exampleRequest', () => {
  it('names the features of a model with one row of numbers, with values that the model knows', () => {
    const model = fakeModel({
      name: 'iris',
      inputs: [spec('x', 'FP32', [-1, 2])],
      featureNames: ['length', 'width'],
      exampleRow: [5.099999904632568, 0.2],
    });
    expect(exampleRequest(model)).toEqual({ path: '/predict/iris', body: { features: { length: 5.1, width: 0.2 } } });
  });

  it('writes an array where there are no names, or too many to read', () => {
    const inputs = [spec('x', 'FP64', [-1, 13])];
    const names = Array.from({ length: 13 }, (_, index) => `f${index}`);
    const zeros = Array.from({ length: 13 }, () => 0);
    expect(exampleRequest(fakeModel({ inputs }))?.body).toEqual({ features: zeros });
    expect(exampleRequest(fakeModel({ inputs, featureNames: names }))?.body).toEqual({ features: zeros });
    expect(exampleRequest(fakeModel({ inputs, featureNames: ['only one'] }))?.body).toEqual({ features: zeros });
  });

  it('speaks the protocol to a model that runs elsewhere, where /predict means nothing', () => {
    const model = fakeModel({ name: 'far', inputs: [spec('x', 'FP32', [-1, 2])], takesPredict: false });
    expect(exampleRequest(model)).toEqual({
      path: '/v2/models/far/infer',
      body: { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [0, 0] }] },
    });
  });

  it('falls back to the protocol where the model takes something else', () => {
    const model = fakeModel({
      name: 'm',
      inputs: [
        spec('text', 'BYTES', [-1, 2]),
        spec('flag', 'BOOL', [1]),
        spec('wide', 'INT64', [-1, -1, 3]),
        spec('scalar', 'FP32', []),
      ],
    });
    expect(exampleRequest(model)).toEqual({
      path: '/v2/models/m/infer',
      body: {
        inputs: [
          { name: 'text', shape: [1, 2], datatype: 'BYTES', data: ['', ''] },
          { name: 'flag', shape: [1], datatype: 'BOOL', data: [false] },
          { name: 'wide', shape: [1, 1, 3], datatype: 'INT64', data: [0, 0, 0] },
          { name: 'scalar', shape: [], datatype: 'FP32', data: [0] },
        ],
      },
    });
  });

  it('has none while the signature is unknown', () => {
    expect(exampleRequest(fakeModel({ unloaded: true }))).toBeUndefined();
    expect(exampleRequest(fakeModel())).toBeUndefined();
  });

  it('stays short for an image', () => {
    const model = fakeModel({ inputs: [spec('image', 'FP32', [-1, 3, 224, 224])] });
    expect(JSON.stringify(exampleRequest(model)?.body).length).toBeLessThan(10_000);
  });
});

describe('a shell line', () => {
  const example = { path: '/predict/m', body: { features: { "owner's $HOME `x`": 1 } } };

  it('quotes for a POSIX shell: nothing is left to it', () => {
    expect(curlLine('http://localhost:8000', example)).toBe(
      String.raw`curl -s http://localhost:8000/predict/m -d '{"features":{"owner'\''s $HOME ${'`x`'}":1}}'`,
    );
  });

  it('quotes for PowerShell', () => {
    expect(powershellLine('http://localhost:8000', example)).toBe(
      'Invoke-RestMethod http://localhost:8000/predict/m -Method Post -Body \'{"features":{"owner\'\'s $HOME `x`":1}}\'',
    );
  });
});
