/** A dispatcher with fake upstreams named a, b, c … and a clock that the test moves. */
import type { CallRequest } from '../../server/balancer/call.ts';
import { Dispatcher } from '../../server/balancer/dispatcher.ts';
import type { DispatcherOptions } from '../../server/balancer/dispatcher-options.ts';
import { createSelectionPolicy } from '../../server/balancer/selection-policies.ts';
import { FakeUpstream, TestCall } from './fake-upstream.ts';

export interface DispatcherSetUp {
  readonly clock: { ms: number };
  readonly dispatcher: Dispatcher;
  readonly upstreams: FakeUpstream[];
  submit(body: string, request?: Partial<CallRequest>): TestCall;
}

/** One upstream per entry of `slots`. */
export function setUpDispatcher(slots: readonly number[], options: Partial<DispatcherOptions> = {}): DispatcherSetUp {
  const clock = { ms: 0 };
  const dispatcher = new Dispatcher({
    policy: createSelectionPolicy('auto'),
    maxQueue: 100,
    maxQueueBytes: 1_000_000,
    maxTries: 2,
    nowMs: () => clock.ms,
    ...options,
  });
  const upstreams = slots.map((count, index) => new FakeUpstream('abcdefgh'[index]!, count, dispatcher));
  for (const upstream of upstreams) dispatcher.addUpstream(upstream);
  const submit = (body: string, request: Partial<CallRequest> = {}): TestCall => {
    const test = new TestCall(body, { receivedMs: clock.ms, deadlineMs: clock.ms + 60_000, ...request });
    dispatcher.submit(test.call);
    return test;
  };
  return { clock, dispatcher, upstreams, submit };
}

/** A new process in the place of one that died. */
export function revive(dispatcher: Dispatcher, dead: FakeUpstream): FakeUpstream {
  dispatcher.removeUpstream(dead);
  const fresh = new FakeUpstream(dead.name, dead.slots, dispatcher);
  dispatcher.addUpstream(fresh);
  return fresh;
}
