import { describe, expect, it } from 'vitest';
import { Turns } from '../../server/host/turns.ts';

describe('Turns', () => {
  it('takes one thing at a time for each name, also after one that failed', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turns.take('a', async () => {
      order.push('a1 begins');
      await gate.promise;
      order.push('a1 ends');
      throw new Error('failed');
    });
    const second = turns.take('a', async () => void order.push('a2'));
    await turns.take('b', async () => void order.push('b1'));
    expect(order).toEqual(['a1 begins', 'b1']);
    gate.resolve();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(order).toEqual(['a1 begins', 'b1', 'a1 ends', 'a2']);
  });

  it('begins nothing once it is stopped, and waits for what runs', async () => {
    const turns = new Turns();
    const gate = Promise.withResolvers<void>();
    let isDone = false;
    const running = turns.take('a', async () => {
      await gate.promise;
      isDone = true;
    });
    const waiting = turns.take('a', async () => {});
    await Promise.resolve();
    await Promise.resolve();
    const stopped = turns.stop();
    gate.resolve();
    await stopped;
    expect(isDone).toBe(true);
    await running;
    await expect(waiting).rejects.toMatchObject({ code: 'shutting-down' });
    await expect(turns.take('b', async () => {})).rejects.toMatchObject({ code: 'shutting-down' });
  });
});
