import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallClient } from '../../server/balancer/call.ts';
import { CallQueue } from '../../server/balancer/call-queue.ts';
import { TestCall } from '../fakes/fake-upstream.ts';
import { setUpDispatcher } from '../fakes/dispatcher-set-up.ts';

const client = (id: string, share = 1): CallClient => ({ id, share, partition: '' });

function callOf(sender: CallClient | undefined, body = 'x') {
  return new TestCall(body, { client: sender, receivedMs: 0, deadlineMs: 60_000 }).call;
}

function sentOrder(queue: CallQueue, count: number): string[] {
  return Array.from({ length: count }, () => {
    const call = queue.peek(0)!;
    queue.take(call);
    return call.request.client?.id ?? 'nobody';
  });
}

describe('the lanes of clients', () => {
  it('send a call of each client in turn, however many one of them has', () => {
    const queue = new CallQueue();
    for (let count = 0; count < 100; count++) queue.append(callOf(client('a')));
    for (let count = 0; count < 3; count++) queue.append(callOf(client('b')));
    const order = sentOrder(queue, 10);
    expect(order.filter((id) => id === 'b')).toHaveLength(3);
    expect(order.slice(0, 6).filter((id) => id === 'b').length).toBeGreaterThanOrEqual(2);
  });

  it('send by share: twice as many of the client with two', () => {
    const queue = new CallQueue();
    for (let count = 0; count < 60; count++) queue.append(callOf(client('a', 2)));
    for (let count = 0; count < 60; count++) queue.append(callOf(client('b', 1)));
    const order = sentOrder(queue, 60);
    expect(order.filter((id) => id === 'a')).toHaveLength(40);
  });

  it('treat calls without a client as those of one more client', () => {
    const queue = new CallQueue();
    for (let count = 0; count < 10; count++) queue.append(callOf(undefined));
    for (let count = 0; count < 10; count++) queue.append(callOf(client('a')));
    const order = sentOrder(queue, 10);
    expect(order.filter((id) => id === 'nobody')).toHaveLength(5);
  });

  const step = fc.record({
    type: fc.constantFrom(
      'append' as const,
      'append' as const,
      'take' as const,
      'remove' as const,
      'giveBack' as const,
    ),
    who: fc.nat(3),
    at: fc.nat(30),
  });
  const senders = [undefined, client('a'), client('b', 3), client('c', 2)];

  it('lose nothing and keep the order within a client, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const queue = new CallQueue();
        const model: ReturnType<typeof callOf>[][] = senders.map(() => []);
        let sent: { readonly call: ReturnType<typeof callOf>; readonly who: number } | undefined;
        for (const { type, who, at } of steps) {
          if (type === 'append') {
            const call = callOf(senders[who]);
            queue.append(call);
            model[who]!.push(call);
          } else if (type === 'take') {
            const call = queue.peek(0);
            expect(call === undefined).toBe(model.every((lane) => lane.length === 0));
            if (call === undefined) continue;
            const lane = model.findIndex((calls) => calls[0] === call);
            expect(lane, 'the oldest of some client').not.toBe(-1);
            queue.take(call);
            model[lane]!.shift();
            sent = { call, who: lane };
          } else if (type === 'remove') {
            const all = model.flat();
            const call = all[at % Math.max(1, all.length)];
            if (call === undefined) continue;
            queue.remove(call);
            for (const lane of model) if (lane.includes(call)) lane.splice(lane.indexOf(call), 1);
          } else if (sent !== undefined) {
            queue.prepend(sent.call);
            model[sent.who]!.unshift(sent.call);
            sent = undefined;
          }
          expect(queue.length).toBe(model.flat().length);
          expect(new Set(queue)).toEqual(new Set(model.flat()));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('give every client that always has calls its share of what is sent, to within one round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.nat(5), { maxLength: 60 }),
        (shares, count, comers) => {
          const queue = new CallQueue();
          const clients = shares.map((share, index) => client(`${index}`, share));
          for (const each of clients) for (let at = 0; at < 3; at++) queue.append(callOf(each));
          const sent = new Map<string, number>(clients.map(({ id }) => [id, 0]));
          for (let at = 0; at < count; at++) {
            // Now and then somebody comes who has one call only.
            if (comers[at] === 0) queue.append(callOf(client(`once ${at}`)));
            const call = queue.peek(0)!;
            queue.take(call);
            const { id } = call.request.client!;
            if (sent.has(id)) {
              sent.set(id, sent.get(id)! + 1);
              // It is never without a call.
              queue.append(callOf(clients[Number(id)]));
            }
          }
          const rounds = clients.map(({ id, share }) => sent.get(id)! / share);
          expect(Math.max(...rounds) - Math.min(...rounds)).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('let a client that comes with one call wait no longer than one round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
        fc.nat(40),
        (shares, before) => {
          const queue = new CallQueue();
          shares.forEach((share, index) => {
            for (let at = 0; at < 100; at++) queue.append(callOf(client(`${index}`, share)));
          });
          sentOrder(queue, before);
          queue.append(callOf(client('late')));
          const round = shares.reduce((sum, share) => sum + share, 0);
          expect(sentOrder(queue, round + 1)).toContain('late');
        },
      ),
    );
  });
});

describe('a full queue', () => {
  const a = client('a');
  const b = client('b');

  it('takes a call of a client that has less waiting, and refuses the newest of the one that has most', () => {
    const { dispatcher, submit } = setUpDispatcher([1], { maxQueue: 10 });
    const flood = Array.from({ length: 11 }, (_, index) => submit(`a${index}`, { client: a }));
    expect(dispatcher.refusal(a)).toMatchObject({ code: 'queue-full' });
    expect(dispatcher.refusal(b)).toBeUndefined();
    const one = submit('b', { client: b });
    expect(one.outcomes).toEqual([]);
    expect(flood.at(-1)!.outcomes).toMatchObject([{ error: { code: 'queue-full' } }]);
    expect(flood.slice(0, -1).flatMap(({ outcomes }) => outcomes)).toEqual([]);
    expect(dispatcher.queued).toBe(10);
  });

  it('is shared evenly by clients that all send too much', () => {
    const { dispatcher, submit } = setUpDispatcher([1], { maxQueue: 12 });
    const calls = Array.from({ length: 120 }, (_, index) => submit(`${index}`, { client: index < 60 ? a : b }));
    const waiting = calls.filter(({ outcomes }) => outcomes.length === 0);
    const ofB = waiting.filter(({ call }) => call.request.client === b).length;
    expect(dispatcher.queued).toBe(12);
    expect(ofB).toBeGreaterThanOrEqual(5);
    expect(ofB).toBeLessThanOrEqual(7);
  });

  it('is shared by share where the clients have different ones', () => {
    const { submit } = setUpDispatcher([1], { maxQueue: 12 });
    const rich = client('rich', 3);
    const calls = Array.from({ length: 120 }, (_, index) => submit(`${index}`, { client: index % 2 === 0 ? rich : b }));
    const waiting = calls.filter(({ outcomes }) => outcomes.length === 0);
    const ofRich = waiting.filter(({ call }) => call.request.client === rich).length;
    expect(ofRich).toBeGreaterThanOrEqual(8);
    expect(ofRich).toBeLessThanOrEqual(10);
  });

  it('counts the bytes of bodies as well', () => {
    const { dispatcher, submit } = setUpDispatcher([1], { maxQueue: 1000, maxQueueBytes: 1000 });
    submit('running', { client: a });
    const large = Array.from({ length: 4 }, () => submit('x'.repeat(300), { client: a, bodyBytes: 300 }));
    expect(dispatcher.refusal(a)).toMatchObject({ code: 'queue-full' });
    const small = submit('b', { client: b, bodyBytes: 1 });
    expect(small.outcomes).toEqual([]);
    expect(large.filter(({ outcomes }) => outcomes.length > 0)).toHaveLength(1);
  });

  it('is full for everybody alike where nobody has a key', () => {
    const { dispatcher, submit } = setUpDispatcher([1], { maxQueue: 2 });
    for (let count = 0; count < 3; count++) submit('x');
    expect(dispatcher.refusal()).toMatchObject({ code: 'queue-full' });
    expect(submit('y').outcomes).toMatchObject([{ error: { code: 'queue-full' } }]);
  });

  it('lets nobody push out who has as little as the newcomer', () => {
    const { dispatcher, submit } = setUpDispatcher([1], { maxQueue: 3 });
    submit('running', { client: a });
    const waiting = ['c', 'd', 'e'].map((id) => submit(id, { client: client(id) }));
    expect(dispatcher.refusal(b)).toMatchObject({ code: 'queue-full' });
    expect(submit('b', { client: b }).outcomes).toHaveLength(1);
    expect(waiting.flatMap(({ outcomes }) => outcomes)).toEqual([]);
  });
});
