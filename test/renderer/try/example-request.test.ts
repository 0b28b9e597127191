import { describe, expect, it } from 'vitest';
import { exampleRequest } from '../../../renderer/try/example-request.ts';
import { modelView } from '../views.ts';

describe('the example request of a model', () => {
  it('holds its own example by name', () => {
    const model = modelView({ featureNames: ['a', 'b', 'c', 'd'], exampleRow: [1, 2, 3, 4.123_456_7] });
    expect(exampleRequest(model, 'http://h:1')).toEqual({
      url: 'http://h:1/predict/iris',
      body: { features: { a: 1, b: 2, c: 3, d: 4.12346 } },
    });
  });

  it('holds zeros where there is no example', () => {
    expect(exampleRequest(modelView(), 'http://h:1')?.body).toEqual({ features: [0, 0, 0, 0] });
  });

  it('speaks the Open Inference Protocol to a remote model', () => {
    const request = exampleRequest(modelView({ name: 'far', takesPredict: false }), 'http://h:1');
    expect(request).toEqual({
      url: 'http://h:1/v2/models/far/infer',
      body: { inputs: [{ name: 'features', shape: [1, 4], datatype: 'FP32', data: [0, 0, 0, 0] }] },
    });
  });

  it('is unknown while the signature is', () => {
    const { signature: _, ...model } = modelView();
    expect(exampleRequest(model, 'http://h:1')).toBeUndefined();
  });
});
