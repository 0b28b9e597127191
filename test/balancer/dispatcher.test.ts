import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { revive, setUpDispatcher as setUp } from '../fakes/dispatcher-set-up.ts';
import type { FakeUpstream } from '../fakes/fake-upstream.ts';

describe('binding', () => {
  it('is late: a call waits in the queue until a slot is free', () => {
    const { dispatcher, upstreams, submit } = setUp([1, 1]);
    const calls = ['1', '2', '3'].map((body) => submit(body));
    expect(dispatcher.queued).toBe(1);
    upstreams[1]!.answer();
    expect(dispatcher.queued).toBe(0);
    expect(upstreams[1]!.bodies).toEqual(['3']);
    expect(calls.map(({ ending }) => ending)).toEqual(['open', 'answered by b', 'open']);
  });

  it('sends ten fast calls past two slow ones that hold one upstream', () => {
    const { upstreams, submit } = setUp([10, 10]);
    submit('slow 1');
    submit('fast 0');
    upstreams[1]!.answer();
    submit('slow 2');
    const endings: string[] = [];
    const slow = upstreams.find(({ bodies }) => bodies.includes('slow 1'))!;
    const other = upstreams.find((upstream) => upstream !== slow)!;
    while (other.inFlight > 0) other.answer();
    for (let index = 1; index <= 10; index++) {
      const call = submit(`fast ${index}`);
      other.answer();
      endings.push(call.ending);
    }
    expect(new Set(endings)).toEqual(new Set([`answered by ${other.name}`]));
  });

  it.each([
    { caps: [3], parallel: 4, bound: [3] },
    { caps: [1, 1], parallel: 4, bound: [1, 1] },
    { caps: [1, Infinity], parallel: 4, bound: [1, 3] },
  ])('with room for $caps binds $bound of $parallel calls and queues the rest', ({ caps, parallel, bound }) => {
    const { dispatcher, upstreams, submit } = setUp(caps);
    for (let index = 0; index < parallel; index++) submit(String(index));
    expect(upstreams.map(({ inFlight }) => inFlight)).toEqual(bound);
    expect(dispatcher.queued).toBe(parallel - bound.reduce((sum, count) => sum + count, 0));
  });

  it('takes interactive calls before batch ones, each in order of arrival', () => {
    const { upstreams, submit } = setUp([1]);
    submit('running');
    submit('batch 1', { priority: 'batch' });
    submit('interactive 1');
    submit('batch 2', { priority: 'batch' });
    submit('interactive 2');
    const order = Array.from({ length: 4 }, () => {
      upstreams[0]!.answer();
      return upstreams[0]!.bodies[0];
    });
    expect(order).toEqual(['interactive 1', 'interactive 2', 'batch 1', 'batch 2']);
  });

  it('lets calls pass that a free upstream takes while the one before them waits for another', () => {
    const { upstreams, submit } = setUp([1, 1]);
    upstreams[1]!.refuses = 'predict';
    submit('1', { kind: 'predict' });
    const waiting = submit('2', { kind: 'predict' });
    const passing = submit('3');
    expect(upstreams.map(({ bodies }) => bodies)).toEqual([['1'], ['3']]);
    upstreams[1]!.answer();
    expect(passing.ending).toBe('answered by b');
    expect(waiting.ending).toBe('open');
    upstreams[0]!.answer();
    expect(upstreams[0]!.bodies).toEqual(['2']);
  });
});

describe('a full queue', () => {
  it('refuses by number, with a time to come back from the measured rate', () => {
    const { clock, upstreams, submit } = setUp([1], { maxQueue: 40 });
    submit('first');
    for (let index = 0; index < 100; index++) {
      clock.ms += 100;
      submit(`paced ${index}`);
      upstreams[0]!.answer();
    }
    while (upstreams[0]!.inFlight > 0) upstreams[0]!.answer();
    const calls = Array.from({ length: 42 }, (_, index) => submit(String(index)));
    const { outcomes } = calls.at(-1)!;
    expect(calls.at(-2)!.ending).toBe('open');
    expect(calls.at(-1)!.ending).toBe('queue-full');
    // Ten answers per second over the nine to ten seconds that are remembered; forty wait.
    const { error } = outcomes[0] as { error: MillraceError };
    expect([4, 5]).toContain(error.retryAfterSeconds);
    expect(error.retryable).toBe(true);
  });

  it('refuses by bytes', () => {
    const { submit } = setUp([1], { maxQueueBytes: 10 });
    submit('runs, so its bytes do not wait');
    expect(submit('0123456789').ending).toBe('open');
    expect(submit('x').ending).toBe('queue-full');
  });

  it('says so before a body is read', () => {
    const { dispatcher, submit } = setUp([1], { maxQueue: 1 });
    submit('1');
    expect(dispatcher.refusal()).toBeUndefined();
    submit('2');
    expect(dispatcher.refusal()).toMatchObject({ code: 'queue-full' });
  });
});

describe('deadlines and clients that leave', () => {
  it('settles a waiting call at its deadline and never sends it', () => {
    const { clock, dispatcher, upstreams, submit } = setUp([1]);
    submit('running');
    const late = submit('late', { deadlineMs: 100 });
    clock.ms = 100;
    dispatcher.sweep(clock.ms);
    expect(late.ending).toBe('deadline-exceeded');
    upstreams[0]!.answer();
    expect(upstreams[0]!.inFlight).toBe(0);
  });

  it('settles a running call at its deadline, tells the upstream, and drops the answer that comes later', () => {
    const { clock, dispatcher, upstreams, submit } = setUp([1]);
    const late = submit('late', { deadlineMs: 100 });
    clock.ms = 101;
    dispatcher.sweep(clock.ms);
    expect(late.ending).toBe('deadline-exceeded');
    expect(upstreams[0]!.abandoned).toEqual([late.call]);
    upstreams[0]!.answer();
    expect(late.outcomes).toHaveLength(1);
    expect(dispatcher.outstanding).toBe(0);
  });

  it('drops a waiting call whose client has gone', () => {
    const { dispatcher, upstreams, submit } = setUp([1]);
    submit('running');
    const gone = submit('gone');
    dispatcher.withdraw(gone.call);
    upstreams[0]!.answer();
    expect(gone.ending).toBe('client-gone');
    expect(upstreams[0]!.inFlight).toBe(0);
  });
});

describe('a failed try', () => {
  it('goes to another upstream when the gateway was bad', () => {
    const { upstreams, submit } = setUp([1, 1]);
    const call = submit('x');
    const [failing, other] = upstreams[0]!.inFlight === 1 ? upstreams : upstreams.toReversed();
    failing!.fail('bad-gateway');
    expect(other!.bodies).toEqual(['x']);
    other!.answer();
    expect(call.ending).toBe(`answered by ${other!.name}`);
  });

  it('ends after two tries', () => {
    const { upstreams, submit } = setUp([1, 1, 1]);
    const call = submit('x');
    for (let tries = 0; tries < 2; tries++) upstreams.find(({ inFlight }) => inFlight > 0)!.fail('bad-gateway');
    expect(call.ending).toBe('upstream-failed');
  });

  it('is never repeated for a model error, which is the request’s own', () => {
    const { upstreams, submit } = setUp([1, 1]);
    const call = submit('x');
    upstreams.find(({ inFlight }) => inFlight > 0)!.fail('model-error');
    expect(call.ending).toBe('upstream-failed');
    expect(upstreams.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  it('waits for a permit when the budget is spent instead of being lost', () => {
    const { upstreams, submit } = setUp([8, 8]);
    const calls = Array.from({ length: 8 }, (_, index) => submit(String(index)));
    const [first, second] = upstreams;
    while (first!.inFlight > 0) first!.fail('bad-gateway');
    // Four failed; three may be retried at once, the fourth when one of them has ended.
    const retried = second!.inFlight - 4;
    expect(retried).toBe(3);
    while (second!.inFlight > 0) second!.answer();
    expect(calls.map(({ ending }) => ending)).toEqual(calls.map(() => 'answered by b'));
  });
});

describe('a process that dies', () => {
  it('has its running call tried again, alone, and its waiting ones after it', () => {
    const { dispatcher, upstreams, submit } = setUp([3, 3]);
    const [a, b] = upstreams;
    b!.available = false;
    const calls = ['1', '2', '3'].map((body) => submit(body));
    b!.available = true;
    a!.die(1);
    dispatcher.removeUpstream(a!);
    expect(b!.bodies).toEqual(['1']);
    b!.answer();
    expect(b!.bodies).toEqual(['2', '3']);
    b!.answer();
    b!.answer();
    expect(calls.map(({ ending }) => ending)).toEqual(['answered by b', 'answered by b', 'answered by b']);
  });

  it('keeps calls waiting while the only process returns', () => {
    const { dispatcher, upstreams, submit } = setUp([2]);
    const calls = ['1', '2', '3'].map((body) => submit(body));
    upstreams[0]!.die(1);
    const fresh = revive(dispatcher, upstreams[0]!);
    while (fresh.inFlight > 0) fresh.answer();
    expect(calls.map(({ ending }) => ending)).toEqual(calls.map(() => 'answered by a'));
  });

  it('leaves the other upstreams open while one is kept free for a suspect', () => {
    const { dispatcher, upstreams, submit } = setUp([1, 1, 1]);
    const calls = ['1', '2', '3'].map((body) => submit(body));
    upstreams[0]!.die();
    dispatcher.removeUpstream(upstreams[0]!);
    submit('4');
    upstreams[1]!.answer();
    // The suspect has its upstream to itself; the other one serves on.
    expect(upstreams[1]!.bodies).toEqual(['1']);
    upstreams[2]!.answer();
    expect(upstreams[2]!.bodies).toEqual(['4']);
    upstreams[1]!.answer();
    expect(calls[0]!.ending).toBe('answered by b');
  });

  it('gives an outage to everybody who waits once no process will come back', () => {
    const { dispatcher, upstreams, submit } = setUp([1]);
    const waiting = [submit('1'), submit('2')];
    upstreams[0]!.die();
    dispatcher.removeUpstream(upstreams[0]!);
    dispatcher.setOutage(new MillraceError('model-failed', 'It cannot run.'));
    expect(waiting.map(({ ending }) => ending)).toEqual(['model-failed', 'model-failed']);
    expect(submit('3').ending).toBe('model-failed');
    expect(dispatcher.outstanding).toBe(0);
  });
});

describe('a poison call', () => {
  it('sent ten times at once to three upstreams ends two of them, and all ten are refused', () => {
    const { dispatcher, upstreams, submit } = setUp([8, 8, 8]);
    const calls = Array.from({ length: 10 }, () => submit('poison'));
    let deaths = 0;
    for (let round = 0; round < 10; round++) {
      for (const upstream of [...dispatcher.upstreams] as FakeUpstream[]) {
        if (!upstream.bodies.includes('poison')) continue;
        deaths++;
        upstream.die();
        revive(dispatcher, upstream);
      }
    }
    expect(deaths).toBe(2);
    expect(calls.map(({ ending }) => ending)).toEqual(calls.map(() => 'poison-request'));
    expect(upstreams).toHaveLength(3);
    expect(submit('poison').ending).toBe('poison-request');
    expect(submit('harmless').ending).toBe('open');
  });

  it('is told apart from bystanders, which are answered', () => {
    const { dispatcher, upstreams, submit } = setUp([4]);
    const calls = ['1', 'poison', '2'].map((body) => submit(body));
    upstreams[0]!.die();
    for (let round = 0; round < 6; round++) {
      const [upstream] = dispatcher.upstreams as FakeUpstream[];
      if (!upstream!.alive) revive(dispatcher, upstream!);
      else if (upstream!.bodies.includes('poison')) upstream!.die();
      else if (upstream!.inFlight > 0) upstream!.answer();
    }
    expect(calls.map(({ ending }) => ending)).toEqual(['answered by a', 'poison-request', 'answered by a']);
  });

  it('is served again after ten minutes', () => {
    const { clock, dispatcher, submit } = setUp([1]);
    submit('poison');
    for (let deaths = 0; deaths < 2; deaths++) {
      const [upstream] = dispatcher.upstreams as FakeUpstream[];
      upstream!.die();
      revive(dispatcher, upstream!);
    }
    expect(submit('poison').ending).toBe('poison-request');
    clock.ms += 600_001;
    expect(submit('poison').ending).toBe('open');
  });
});

describe('equal calls that nobody has answered yet', () => {
  it('stay on one upstream until one of them is answered, then spread', () => {
    const { upstreams, submit } = setUp([2, 2]);
    const calls = Array.from({ length: 6 }, () => submit('twin'));
    const [one, other] = upstreams[0]!.inFlight > 0 ? upstreams : upstreams.toReversed();
    expect([one!.inFlight, other!.inFlight]).toEqual([2, 0]);
    one!.answer();
    expect([one!.inFlight, other!.inFlight]).toEqual([2, 2]);
    expect(calls.filter(({ ending }) => ending !== 'open')).toHaveLength(1);
  });

  it('do not hold up different calls', () => {
    const { upstreams, submit } = setUp([1, 1]);
    submit('twin');
    submit('twin');
    submit('other');
    expect(upstreams.flatMap(({ bodies }) => bodies).toSorted()).toEqual(['other', 'twin']);
  });
});

describe('a panic', () => {
  it('is told once when it begins and once when it ends', () => {
    const told: boolean[] = [];
    const { dispatcher, upstreams, submit } = setUp([1, 1, 1], { onPanic: (isPanicking) => told.push(isPanicking) });
    const [a, b, c] = upstreams as [FakeUpstream, FakeUpstream, FakeUpstream];
    const change = (available: boolean, ...which: FakeUpstream[]): void => {
      for (const each of which) {
        each.available = available;
        dispatcher.onCapacity(each);
      }
    };
    change(false, a);
    expect([dispatcher.panicking, ...told]).toEqual([false]);
    change(false, b);
    expect([dispatcher.panicking, ...told]).toEqual([true, true]);
    change(false, c);
    const calls = ['1', '2', '3'].map((body) => submit(body));
    expect(upstreams.map(({ inFlight }) => inFlight)).toEqual([1, 1, 1]);
    for (const each of upstreams) each.answer();
    expect(calls.every(({ ending }) => ending.startsWith('answered'))).toBe(true);
    change(true, a, b);
    expect([dispatcher.panicking, ...told]).toEqual([false, true, false]);
    submit('4');
    submit('5');
    submit('6');
    expect(c.inFlight).toBe(0);
  });

  it('sends nothing to what is not alive', () => {
    const { dispatcher, upstreams, submit } = setUp([1, 1, 1]);
    const [a, b, c] = upstreams as [FakeUpstream, FakeUpstream, FakeUpstream];
    a.available = b.available = c.available = false;
    c.alive = false;
    dispatcher.onCapacity(a);
    submit('1');
    submit('2');
    submit('3');
    expect(upstreams.map(({ inFlight }) => inFlight)).toEqual([1, 1, 0]);
  });
});
