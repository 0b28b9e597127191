import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallRequest } from '../../server/balancer/call.ts';
import { HeldRequests } from '../../server/host/held-requests.ts';
import type { HeldRequest } from '../../server/host/held-requests.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function held(events: string[], name: string, deadlineMs = 10_000, bodyBytes = 10): HeldRequest {
  const request: CallRequest = {
    kind: 'oip',
    body: [],
    bodyBytes,
    jsonLength: undefined,
    priority: 'interactive',
    clientIp: '',
    affinityKey: undefined,
    forwarded: false,
    receivedMs: performance.now(),
    deadlineMs: performance.now() + deadlineMs,
  };
  return {
    request,
    onAnswer: () => events.push(`${name} answered`),
    onError: ({ code }) => events.push(`${name} ${code}`),
  };
}

describe('requests that wait for the next version', () => {
  it('are handed on in their order, with what they bring', () => {
    const events: string[] = [];
    const requests = new HeldRequests(100);
    for (const name of ['a', 'b', 'c']) requests.add(held(events, name));
    const sent: string[] = [];
    requests.release((_request, onAnswer) => {
      onAnswer({ type: 'http', upstream: '', status: 200, headers: [], body: [] });
      return () => sent.push('withdrawn');
    });
    expect(events).toEqual(['a answered', 'b answered', 'c answered']);
    expect(requests.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are refused at their deadline, and not later', () => {
    const events: string[] = [];
    const requests = new HeldRequests(100);
    requests.add(held(events, 'short', 100));
    requests.add(held(events, 'long', 1000));
    vi.advanceTimersByTime(90);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(40);
    expect(events).toEqual(['short deadline-exceeded']);
    vi.advanceTimersByTime(1000);
    expect(events).toEqual(['short deadline-exceeded', 'long deadline-exceeded']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are bounded by their bytes, and one that leaves makes room', () => {
    const events: string[] = [];
    const requests = new HeldRequests(25);
    const leave = requests.add(held(events, 'a'));
    requests.add(held(events, 'b'));
    requests.add(held(events, 'c'));
    expect(events).toEqual(['c queue-full']);
    leave();
    requests.add(held(events, 'd'));
    expect(events).toEqual(['c queue-full']);
    expect(requests.size).toBe(2);
  });

  it('are bounded by their number', () => {
    const events: string[] = [];
    const requests = new HeldRequests(1e9);
    for (let index = 0; index < 1025; index++) requests.add(held(events, String(index)));
    expect(events).toEqual(['1024 queue-full']);
    requests.release(() => () => {});
  });

  it('are withdrawn wherever they are', () => {
    const events: string[] = [];
    const requests = new HeldRequests(100);
    const leave = requests.add(held(events, 'a'));
    const withdrawn = vi.fn<() => void>();
    requests.release(() => withdrawn);
    leave();
    expect(withdrawn).toHaveBeenCalledTimes(1);
  });
});
