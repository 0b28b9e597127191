import { describe, expect, it } from 'vitest';
import { attentionItems, homeSentence } from '../../../../renderer/places/home/home-sentence.ts';
import { hostView, modelView } from '../../views.ts';

describe('the sentence of Home', () => {
  const sentence = (models: ReturnType<typeof modelView>[], attention = 0): string =>
    homeSentence(hostView({ models }), attention, Date.parse('2026-01-01T09:00:00.000Z'));

  it('counts what is served, idle models too', () => {
    expect(sentence([modelView(), modelView({ name: 'b', state: 'IDLE' })])).toMatch(
      /^Serving 2 models\. All good since /,
    );
  });

  it('says how many of them where some are not', () => {
    expect(sentence([modelView(), modelView({ name: 'b', state: 'UNAVAILABLE' })], 1)).toBe(
      'Serving 1 of 2 models. One thing needs attention.',
    );
  });

  it('says when nothing is there or all is loading', () => {
    expect(sentence([])).toMatch(/^No model is served yet/);
    expect(sentence([modelView({ state: 'LOADING' })])).toMatch(/^Loading the models/);
  });
});

describe('what needs attention', () => {
  it('is nothing while all is well', () => {
    expect(attentionItems(hostView())).toEqual([]);
  });

  it('is a failed model with its reason, a model with errors, and a problem of the folder', () => {
    const items = attentionItems(
      hostView({
        models: [
          modelView({ name: 'a', state: 'UNAVAILABLE', reason: 'It died.' }),
          modelView({ name: 'b', traffic: { requestsPerSecond: 10, failuresPerSecond: 1 } }),
          modelView({ name: 'c', traffic: { requestsPerSecond: 1000, failuresPerSecond: 1 } }),
        ],
        problems: [{ subject: 'x.onnx', message: 'No.', hint: 'Do.' }],
      }),
    );
    expect(items.map(({ tone, model, hint }) => [tone, model, hint.slice(0, 8)])).toEqual([
      ['action', 'a', 'It died.'],
      ['attention', 'b', '10% of t'],
      ['attention', undefined, 'Do.'],
    ]);
  });
});
