/** Calls with pictures in the batcher: decoded as part of their run, together with others, refused alone. Real decoding, a session in JavaScript. */
import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import type { ResultHead } from '../../server/protocol/control.ts';
import { resolveRecipe } from '../../server/protocol/resolved-recipe.ts';
import { Batcher } from '../../server/replica/batcher.ts';
import { FakeSession } from '../fakes/fake-session.ts';
import { image } from '../support/images.ts';

interface Outcome {
  readonly head?: ResultHead;
  readonly values?: number[];
  readonly error?: MillraceError;
}

/** A model of two numbers: a picture of 2 × 1 in gray, 0 to 255. */
function setUp(maxBatchSize = 8) {
  const session = new FakeSession();
  const recipe = resolveRecipe(
    { inputs: { x: { image: { width: 2, height: 1, channels: 1, range: [0, 255], fit: 'stretch' } } }, outputs: {} },
    session.signature,
  );
  const outcomes = new Map<number, Outcome>();
  const order: number[] = [];
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const batcher = new Batcher({ ...session.facts(maxBatchSize), recipe }, session, 0, {
    onResult(requestId, head, chunks) {
      const { prediction } = JSON.parse(Buffer.concat(chunks).toString()) as { prediction: { y: number[] } };
      outcomes.set(requestId, { head, values: prediction.y });
      order.push(requestId);
    },
    onFailure(requestId, error) {
      outcomes.set(requestId, { error });
      order.push(requestId);
    },
    onIdle: resolve,
  });
  const base = { kind: 'predict', jsonLength: undefined, queuedMs: 0, wantsOutputs: false } as const;
  return {
    batcher,
    session,
    outcomes,
    order,
    settled,
    picture: (id: number, bytes: Buffer) => batcher.add(id, { ...base, form: 'image' }, bytes),
    numbers: (id: number, row: readonly number[]) =>
      batcher.add(id, base, Buffer.from(JSON.stringify({ features: row }))),
  };
}

describe('the batcher with pictures', () => {
  it('runs pictures and numbers together, each with its own answer', async () => {
    const { session, outcomes, settled, picture, numbers } = setUp();
    picture(1, image('gray.png'));
    numbers(2, [1, 2]);
    picture(3, image('bits.png'));
    await settled;
    expect(session.runs).toEqual([3]);
    expect(outcomes.get(2)!.values).toEqual([2, 4]);
    for (const id of [1, 3]) {
      expect(outcomes.get(id)!.head!.batchRows).toBe(3);
      expect(outcomes.get(id)!.values).toHaveLength(2);
    }
    expect(outcomes.get(1)!.values).not.toEqual(outcomes.get(3)!.values);
  });

  it('refuses the one that is damaged, and runs the others', async () => {
    const { session, outcomes, settled, picture } = setUp();
    picture(1, image('gray.png').subarray(0, 900));
    picture(2, image('gray.png'));
    await settled;
    expect(outcomes.get(1)!.error).toMatchObject({ code: 'invalid-tensor' });
    expect(session.runs).toEqual([1]);
    expect(outcomes.get(2)!.head!.leadsBatch).toBe(true);
  });

  it('does not run at all where none can be decoded, and takes the next', async () => {
    const { session, outcomes, settled, picture, batcher, numbers } = setUp();
    picture(1, image('gray.png').subarray(0, 900));
    await settled;
    expect(session.runs).toEqual([]);
    expect(batcher.idle).toBe(true);
    numbers(2, [1, 1]);
    await expect.poll(() => outcomes.get(2)?.values).toEqual([2, 2]);
  });

  it('keeps the order: what comes while a picture is decoded runs after it', async () => {
    const { session, order, settled, picture, numbers, batcher } = setUp(1);
    picture(1, image('photo.jpg'));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(batcher.idle).toBe(false);
    numbers(2, [1, 1]);
    await settled;
    expect(order).toEqual([1, 2]);
    expect(session.runs).toEqual([1, 1]);
  });
});
