import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnprovenCalls, checksumOf } from '../../server/balancer/unproven-calls.ts';
import { TestCall } from '../fakes/fake-upstream.ts';

const call = (body: string) => new TestCall(body).call;

/** As the dispatcher does: asks first, then sends. */
function send(unproven: UnprovenCalls, each: ReturnType<typeof call>, upstream: string): void {
  unproven.boundTo(each);
  unproven.onSent(each, upstream);
}

describe('unproven calls', () => {
  it('bind their twins to the upstream that has the first of them', () => {
    const unproven = new UnprovenCalls();
    send(unproven, call('twin'), 'a');
    expect(unproven.boundTo(call('twin'))).toBe('a');
    expect(unproven.boundTo(call('other'))).toBeUndefined();
  });

  it('are free once one of them has been answered', () => {
    const unproven = new UnprovenCalls();
    const first = call('twin');
    send(unproven, first, 'a');
    expect(unproven.onEnded(first, true)).toBe(true);
    expect(unproven.boundTo(call('twin'))).toBeUndefined();
    const later = call('twin');
    send(unproven, later, 'b');
    expect(unproven.boundTo(call('twin'))).toBeUndefined();
  });

  it('stay bound while another of them is still out, if one failed', () => {
    const unproven = new UnprovenCalls();
    const [first, second] = [call('twin'), call('twin')];
    send(unproven, first, 'a');
    send(unproven, second, 'a');
    expect(unproven.onEnded(first, false)).toBe(false);
    expect(unproven.boundTo(call('twin'))).toBe('a');
    expect(unproven.onEnded(second, false)).toBe(true);
    expect(unproven.boundTo(call('twin'))).toBeUndefined();
  });

  it('are on trial again after a death', () => {
    const unproven = new UnprovenCalls();
    const first = call('twin');
    send(unproven, first, 'a');
    unproven.onEnded(first, true);
    unproven.onDeath(first);
    send(unproven, call('twin'), 'b');
    expect(unproven.boundTo(call('twin'))).toBe('b');
  });

  it('are remembered in bounded memory: a proven one is forgotten after thousands of others', () => {
    const unproven = new UnprovenCalls();
    const first = call('first');
    send(unproven, first, 'a');
    unproven.onEnded(first, true);
    for (let index = 0; index < 10_000; index++) {
      const other = call(`other ${index}`);
      send(unproven, other, 'a');
      unproven.onEnded(other, true);
    }
    send(unproven, call('first'), 'b');
    expect(unproven.boundTo(call('first'))).toBe('b');
  });
});

describe('the checksum', () => {
  it('is equal for equal bodies, differs for different ones of some length, and is never 0', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
        const [x, y, again] = [a, b, a].map((bytes) => checksumOf(call(Buffer.from(bytes).toString('latin1'))));
        expect(x).toBe(again);
        expect(x).not.toBe(0);
        if (Buffer.compare(a, b) !== 0) expect(x).not.toBe(y);
      }),
    );
  });

  it('sees both ends and the length of a long body', () => {
    const sum = (text: string): number => checksumOf(call(text));
    const long = 'x'.repeat(20_000);
    expect(sum(`a${long}`)).not.toBe(sum(`b${long}`));
    expect(sum(`${long}a`)).not.toBe(sum(`${long}b`));
    expect(sum(long)).not.toBe(sum(`${long}x`));
  });
});
