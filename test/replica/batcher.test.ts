import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import type { ResultHead } from '../../server/protocol/control.ts';
import { Batcher } from '../../server/replica/batcher.ts';
import { FakeSession } from '../fakes/fake-session.ts';

interface Outcome {
  readonly head?: ResultHead;
  readonly values?: number[];
  readonly error?: MillraceError;
}

function setUp(maxBatchSize: number, maxDelayMs = 0) {
  const session = new FakeSession();
  const outcomes = new Map<number, Outcome>();
  let idle = 0;
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const batcher = new Batcher(session.facts(maxBatchSize), session, maxDelayMs, {
    onResult(requestId, head, chunks) {
      const { outputs } = JSON.parse(Buffer.concat(chunks).toString()) as { outputs: { data: number[] }[] };
      outcomes.set(requestId, { head, values: outputs[0]!.data });
    },
    onFailure: (requestId, error) => outcomes.set(requestId, { error }),
    onIdle() {
      idle++;
      resolve();
    },
  });
  const add = (requestId: number, rows: readonly (readonly number[])[]): void => {
    const body = {
      inputs: [{ name: 'x', shape: [rows.length, rows[0]?.length ?? 2], datatype: 'FP32', data: rows.flat() }],
    };
    batcher.add(
      requestId,
      { kind: 'oip', jsonLength: undefined, queuedMs: 0, wantsOutputs: false },
      Buffer.from(JSON.stringify(body)),
    );
  };
  return { batcher, session, outcomes, add, settled, idleCount: () => idle };
}

describe('the batcher', () => {
  it('runs calls that wait together and gives each its own rows', async () => {
    const { session, outcomes, add, settled } = setUp(8);
    add(1, [[1, 2]]);
    add(2, [
      [3, 4],
      [5, 6],
    ]);
    add(3, [[7, 8]]);
    await settled;
    expect(session.runs).toEqual([4]);
    expect([1, 2, 3].map((id) => outcomes.get(id)!.values)).toEqual([
      [2, 4],
      [6, 8, 10, 12],
      [14, 16],
    ]);
    expect([1, 2, 3].map((id) => outcomes.get(id)!.head!.batchRows)).toEqual([4, 4, 4]);
    expect([1, 2, 3].filter((id) => outcomes.get(id)!.head!.leadsBatch)).toEqual([1]);
  });

  it('fills batches in order of arrival up to their size, and never splits a call', async () => {
    const { session, outcomes, add, settled } = setUp(4);
    const sizes = [3, 2, 1, 1, 4, 6, 1];
    for (const [index, rows] of sizes.entries())
      add(
        index,
        Array.from({ length: rows }, () => [index, index]),
      );
    await settled;
    expect(session.runs).toEqual([3, 4, 4, 6, 1]);
    expect(outcomes.size).toBe(sizes.length);
  });

  it('runs one call at a time where the model cannot batch', async () => {
    const { session, add, settled } = setUp(0);
    for (let id = 0; id < 3; id++) add(id, [[id, id]]);
    await settled;
    expect(session.runs).toEqual([1, 1, 1]);
  });

  it('lets a bad call of a batch fail alone', async () => {
    const { session, outcomes, add, settled } = setUp(8);
    session.throwsOn = 13;
    add(1, [[1, 1]]);
    add(2, [[13, 1]]);
    add(3, [[3, 3]]);
    await settled;
    expect(session.runs).toEqual([3, 1, 1, 1]);
    expect(outcomes.get(1)!.values).toEqual([2, 2]);
    expect(outcomes.get(2)!.error).toMatchObject({ code: 'inference-failed' });
    expect(outcomes.get(3)!.values).toEqual([6, 6]);
  });

  it('answers a call that cannot be decoded without spending a run on it', async () => {
    const { batcher, session, outcomes, add, settled } = setUp(8);
    batcher.add(1, { kind: 'oip', jsonLength: undefined, queuedMs: 0, wantsOutputs: false }, Buffer.from('not JSON'));
    add(2, [[1, 2, 3]]);
    add(3, [[1, 2]]);
    await settled;
    expect(outcomes.get(1)!.error).toMatchObject({ code: 'invalid-json' });
    expect(outcomes.get(2)!.error).toMatchObject({ code: 'invalid-tensor' });
    expect(outcomes.get(3)!.values).toEqual([2, 4]);
    expect(session.runs).toEqual([1]);
  });

  it('drops a waiting call on request and says so, and lets a running one finish', async () => {
    const { batcher, session, outcomes, add, settled } = setUp(1);
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    add(1, [[1, 1]]);
    add(2, [[2, 2]]);
    await new Promise((resolve) => setImmediate(resolve));
    batcher.cancel(1);
    batcher.cancel(2);
    gate.resolve();
    await settled;
    expect(outcomes.get(1)!.values).toEqual([2, 2]);
    expect(outcomes.get(2)!.error).toMatchObject({ code: 'client-gone' });
    expect(session.runs).toEqual([1]);
  });

  it('collects what arrives during a run into the next one', async () => {
    const { session, outcomes, add, settled } = setUp(8);
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    add(0, [[0, 0]]);
    await new Promise((resolve) => setImmediate(resolve));
    for (let id = 1; id <= 5; id++) add(id, [[id, id]]);
    gate.resolve();
    await settled;
    expect(session.runs).toEqual([1, 5]);
    expect(outcomes.get(5)!.values).toEqual([10, 10]);
  });

  it('waits for a fuller batch where a delay is set, and not once the batch is full', async () => {
    const { session, add, settled } = setUp(2, 60_000);
    add(1, [[1, 1]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(session.runs).toEqual([]);
    add(2, [[2, 2]]);
    await settled;
    expect(session.runs).toEqual([2]);
  });

  it('reports idleness only when nothing waits and nothing runs', async () => {
    const { batcher, add, settled, idleCount } = setUp(8);
    expect(batcher.idle).toBe(true);
    add(1, [[1, 1]]);
    expect(batcher.idle).toBe(false);
    await settled;
    expect(batcher.idle).toBe(true);
    expect(idleCount()).toBe(1);
  });
});
