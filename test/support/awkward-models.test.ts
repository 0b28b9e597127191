/**
 * Ties each awkward model to the real ONNX Runtime: it misbehaves as it says, and otherwise answers correctly. The only child
 * process of the unit tests is the one that a model without end needs.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ENDLESS_ABOVE,
  endlessLoopModel,
  fixedBatchModel,
  LOOKUP_TABLE,
  lookupModel,
  rowMixingModel,
  tunableModel,
} from './awkward-models.ts';
import { openTestRepository } from './model-repository.ts';
import { answerOf, float32, int64, openSession } from './run-model.ts';

describe('the awkward models, run by ONNX Runtime', () => {
  it('the fixed-batch model refuses a second row', async () => {
    expect(await answerOf(fixedBatchModel(), { x: float32([1, 2, 3, 4], [1, 4]) })).toEqual({ y: [2, 4, 6, 8] });
    await expect(answerOf(fixedBatchModel(), { x: float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]) })).rejects.toThrow(/dim/i);
  });

  it('the row-mixing model answers a row otherwise beside another row', async () => {
    expect(await answerOf(rowMixingModel(), { x: float32([1, 2], [1, 2]) })).toEqual({ y: [0, 0] });
    expect(await answerOf(rowMixingModel(), { x: float32([1, 2, 3, 8], [2, 2]) })).toEqual({ y: [-1, -3, 1, 3] });
  });

  it('the lookup model throws for an index beyond its table and answers the next run', async () => {
    const session = await openSession(lookupModel());
    await expect(session.run({ index: int64([1, 3], [2, 1]) })).rejects.toThrow(/out of/);
    const { y } = await session.run({ index: int64([0, 1, 2], [3, 1]) });
    expect(y?.data).toEqual(Float32Array.from(LOOKUP_TABLE));
  });

  it('the tunable model answers x after any number of rounds, and the work is really done', async () => {
    const session = await openSession(tunableModel());
    const x = float32([1, -2, 0.25, 1e-3], [1, 4]);
    const cpuMs = async (rounds: number): Promise<number> => {
      const before = process.cpuUsage();
      const { y } = await session.run({ x, rounds: int64([rounds], [1, 1]) });
      expect(y?.data).toEqual(x.data);
      return process.cpuUsage(before).user / 1000;
    };
    await cpuMs(1);
    expect(await cpuMs(200)).toBeGreaterThan(10 * (await cpuMs(0)));
  });

  it('the endless model answers ordinary rows at once, whatever their other columns', async () => {
    const rows = [0, 5, 5, 5, -1, 2, 3, 4];
    expect(await answerOf(endlessLoopModel(), { x: float32(rows, [2, 4]) })).toEqual({ y: rows });
  });

  it('the endless model does not return from a row that starts above its limit', { timeout: 20_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const { directory, remove } = await openTestRepository([{ name: 'endless', bytes: endlessLoopModel() }]);
    stack.defer(remove);
    const script = `
      const ort = require('onnxruntime-node');
      const x = (first) => ({ x: new ort.Tensor('float32', [-1, 0, 0, 0, first, 0, 0, 0], [2, 4]) });
      ort.InferenceSession.create(process.argv[1]).then(async (session) => {
        await session.run(x(${ENDLESS_ABOVE}));
        require('node:fs').writeSync(1, 'ordinary ');
        await session.run(x(${ENDLESS_ABOVE + 1}));
        require('node:fs').writeSync(1, 'returned');
      });`;
    const run = promisify(execFile)(process.execPath, ['-e', script, '--', join(directory, 'endless/1/model.onnx')], {
      timeout: 2000,
      killSignal: 'SIGKILL',
      cwd: import.meta.dirname,
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    });
    await expect(run).rejects.toMatchObject({ killed: true, signal: 'SIGKILL', stdout: 'ordinary ' });
  });
});
