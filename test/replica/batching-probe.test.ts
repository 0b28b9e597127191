import { describe, expect, it } from 'vitest';
import { batchingObstacle, defaultMaxBatchSize, probeBatching } from '../../server/replica/batching-probe.ts';
import { FakeSession } from '../fakes/fake-session.ts';

const tensor = (shape: readonly number[], name = 'x') => ({ name, datatype: 'FP32' as const, shape });

describe('the signature', () => {
  it.each([
    { inputs: [tensor([-1, 4])], outputs: [tensor([-1, 2])], symbols: ['batch'], obstacle: undefined },
    { inputs: [tensor([1, 4])], outputs: [tensor([-1])], symbols: [undefined], obstacle: /fixed at 1/ },
    { inputs: [tensor([])], outputs: [tensor([-1])], symbols: [undefined], obstacle: /scalar/ },
    {
      inputs: [tensor([-1, 4])],
      outputs: [tensor([1, 2], 'y')],
      symbols: ['batch'],
      obstacle: /output 'y' is fixed at 1/,
    },
    {
      inputs: [tensor([-1, 4]), tensor([-1, 4], 'z')],
      outputs: [tensor([-1])],
      symbols: ['batch', 'seq'],
      obstacle: /batch, seq/,
    },
  ])(
    'with inputs $inputs and outputs $outputs leaves batching to the probe or names what is in its way',
    ({ inputs, outputs, symbols, obstacle }) => {
      const text = batchingObstacle({ inputs, outputs }, symbols);
      if (obstacle === undefined) expect(text).toBeUndefined();
      else expect(text).toMatch(obstacle);
    },
  );
});

describe('the probe', () => {
  it('allows batching where rows alone and rows together agree', async () => {
    expect(await probeBatching(new FakeSession(), undefined)).toEqual({
      maxBatchSize: defaultMaxBatchSize,
      reason: 'Up to 64 rows share a run.',
      repeats: true,
    });
  });

  it('forbids it where rows change each other, even if it is configured', async () => {
    const session = new FakeSession();
    session.mixesRows = true;
    for (const configured of [undefined, 16]) {
      const decision = await probeBatching(session, configured);
      expect(decision.maxBatchSize).toBe(0);
      expect(decision.reason).toContain('change each other');
    }
  });

  it('uses the configured size, and 0 switches batching off', async () => {
    expect((await probeBatching(new FakeSession(), 16)).maxBatchSize).toBe(16);
    expect((await probeBatching(new FakeSession(), 0)).maxBatchSize).toBe(0);
  });

  it('does not batch on a guess where the made-up inputs cannot run, but believes the configuration', async () => {
    const session = new FakeSession();
    session.run = () => Promise.reject(new Error('index out of range'));
    expect((await probeBatching(session, undefined)).maxBatchSize).toBe(0);
    expect((await probeBatching(session, 8)).maxBatchSize).toBe(8);
  });

  it('finds out that a model answers one question in two ways', async () => {
    const random = new FakeSession();
    const run = random.run.bind(random);
    let runs = 0;
    random.run = async (inputs) => {
      const outputs = await run(inputs);
      runs++;
      return outputs.map((output) => ({
        ...output,
        data: Float32Array.from([...output.data], (value) => Number(value) + runs),
      }));
    };
    for (const configured of [undefined, 0, 16]) {
      expect((await probeBatching(random, configured)).repeats).toBe(false);
      expect((await probeBatching(new FakeSession(), configured)).repeats).toBe(true);
    }
  });

  it('warms a model up even where batching is out of the question', async () => {
    const session = new FakeSession();
    await probeBatching(session, 0);
    expect(session.runs).toEqual([1, 1]);
  });
});
