import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Priority } from '../../server/balancer/call.ts';
import { CallQueue } from '../../server/balancer/call-queue.ts';
import { TestCall } from '../fakes/fake-upstream.ts';

const call = (body: string, priority: Priority = 'interactive', receivedMs = 0, deadlineMs = 60_000) =>
  new TestCall(body, { priority, receivedMs, deadlineMs }).call;

describe('the call queue', () => {
  it('behaves like two plain lists, whatever is appended, put back and removed', () => {
    const action = fc.record({
      type: fc.constantFrom('append' as const, 'prepend' as const, 'remove' as const, 'take' as const),
      batch: fc.boolean(),
      at: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const queue = new CallQueue();
        const model: Record<Priority, ReturnType<typeof call>[]> = { interactive: [], batch: [] };
        for (const [index, { type, batch, at }] of actions.entries()) {
          const waiting = [...model.interactive, ...model.batch];
          const priority = batch ? 'batch' : 'interactive';
          if (type === 'append' || type === 'prepend') {
            const fresh = call(`${index}`, priority);
            queue[type](fresh);
            if (type === 'append') model[priority].push(fresh);
            else model[priority].unshift(fresh);
          } else {
            const victim = type === 'take' ? queue.peek(0) : waiting[at % Math.max(1, waiting.length)];
            if (type === 'take') expect(victim).toBe(waiting[0]);
            if (victim === undefined) continue;
            queue.remove(victim);
            for (const list of Object.values(model)) if (list.includes(victim)) list.splice(list.indexOf(victim), 1);
          }
          const expected = [...model.interactive, ...model.batch];
          expect([...queue]).toEqual(expected);
          expect(queue.length).toBe(expected.length);
          expect(queue.bytes).toBe(expected.reduce((sum, { request }) => sum + request.body.length, 0));
        }
      }),
    );
  });

  it('lets the call just yielded be removed while walking', () => {
    const queue = new CallQueue();
    for (const body of ['a', 'b', 'c']) queue.append(call(body));
    for (const each of queue) queue.remove(each);
    expect(queue.length).toBe(0);
    expect(queue.peek(0)).toBeUndefined();
  });

  it('turns to the newest call once it has been slow for five seconds and the oldest has used half its time', () => {
    const queue = new CallQueue();
    const oldest = call('oldest', 'interactive', 0, 10_000);
    const newest = call('newest', 'interactive', 5500, 15_500);
    queue.append(oldest);
    queue.append(newest);
    expect(queue.peek(1500)).toBe(oldest);
    expect(queue.peek(6000)).toBe(oldest);
    expect(queue.peek(6501)).toBe(newest);
  });

  it('stays with the oldest while that has more than half its time left', () => {
    const queue = new CallQueue();
    const patient = call('patient', 'interactive', 0, 60_000);
    queue.append(patient);
    queue.append(call('new', 'interactive', 6000, 66_000));
    queue.peek(1500);
    expect(queue.peek(7000)).toBe(patient);
  });

  it('forgets that it was slow as soon as it is not', () => {
    const queue = new CallQueue();
    const slow = call('slow', 'interactive', 0, 4000);
    queue.append(slow);
    queue.peek(1500);
    queue.remove(slow);
    queue.peek(3000);
    const oldest = call('oldest', 'interactive', 4000, 9000);
    queue.append(oldest);
    queue.append(call('newest', 'interactive', 6000, 11_000));
    expect(queue.peek(7000)).toBe(oldest);
  });
});
