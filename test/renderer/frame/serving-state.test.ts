import { describe, expect, it } from 'vitest';
import { servingState } from '../../../renderer/frame/serving-state.ts';
import { hostView, modelView } from '../views.ts';

describe('the state in the strip', () => {
  it.each([
    ['gone', hostView(), 'state.gone'],
    ['signed-out', hostView(), 'state.signedOut'],
    ['connecting', undefined, 'state.connecting'],
    ['live', hostView(), 'state.serving'],
    ['live', hostView({ models: [] }), 'state.noModels'],
    ['live', hostView({ models: [modelView({ state: 'LOADING' })] }), 'state.loading'],
    ['live', hostView({ models: [modelView(), modelView({ name: 'b', state: 'UNAVAILABLE' })] }), 'state.servingPart'],
  ] as const)('while the host is %s, case %#, is right', (connection, host, word) => {
    expect(servingState(connection, host).word).toBe(word);
  });
});
