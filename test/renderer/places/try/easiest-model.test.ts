import { describe, expect, it } from 'vitest';
import { easiestModel } from '../../../../renderer/places/try/easiest-model.ts';
import { modelView } from '../../views.ts';

const inputs = (...shape: number[]) => ({
  signature: { inputs: [{ name: 'x', datatype: 'FP32' as const, shape }], outputs: [] },
});

describe('the easiest model', () => {
  it('is one that can be drawn for, then one with few numbers', () => {
    const drawn = modelView({ name: 'drawn', ...inputs(-1, 1, 28, 28) });
    const four = modelView({ name: 'four', ...inputs(-1, 4) });
    const thirty = modelView({ name: 'thirty', ...inputs(-1, 30) });
    expect(easiestModel([thirty, four, drawn])).toBe(drawn);
    expect(easiestModel([thirty, four])).toBe(four);
  });

  it('is one that is ready before one that is not', () => {
    const ready = modelView({ name: 'ready', ...inputs(-1, 30) });
    const loading = modelView({ name: 'loading', ...inputs(-1, 4), state: 'LOADING' });
    expect(easiestModel([loading, ready])).toBe(ready);
    expect(easiestModel([])).toBeUndefined();
  });
});
