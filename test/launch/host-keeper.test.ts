/** Keeping one host there, on a host that the test ends as it likes. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostKeeper } from '../../server/launch/host-keeper.ts';
import type { HostAddress, KeeperParts } from '../../server/launch/host-keeper.ts';
import type { HostExit } from '../../server/launch/host-restart.ts';

// Pauses pass when a test says so; promises pass by themselves.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const address: HostAddress = { adminUrl: 'http://a', adminToken: 't', inferenceUrl: 'http://i' };

class FakeHost {
  readonly heard: string[] = [];
  say!: () => void;
  end!: (exit: HostExit) => void;
  readonly listening = new Promise<void>((resolve) => {
    this.say = resolve;
  });
  readonly exited = new Promise<HostExit>((resolve) => {
    this.end = resolve;
  });
  lines = (): readonly string[] => ['its last line'];
  stop(): void {
    this.heard.push('stop');
  }
  kill(): void {
    this.heard.push('kill');
  }
}

function keeper(changes: Partial<KeeperParts> = {}) {
  const hosts: FakeHost[] = [];
  const kinds: string[] = [];
  const world = { running: undefined as HostAddress | undefined, nowMs: 0 };
  const kept: HostKeeper = new HostKeeper({
    findRunning: () => Promise.resolve(world.running),
    checkServer: () => Promise.resolve(undefined),
    spawn() {
      const host = new FakeHost();
      hosts.push(host);
      return host;
    },
    onChange: () => void kinds.push(kept.state.kind),
    now: () => world.nowMs,
    ...changes,
  });
  /** Everything that waits for nothing but promises has happened. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { kept, hosts, kinds, world, settle };
}

async function running() {
  const all = keeper();
  all.kept.start();
  await all.settle();
  all.world.running = address;
  all.hosts[0]!.say();
  await all.settle();
  return all;
}

describe('a host that is wanted', () => {
  it('is started, and runs once it says that it listens', async () => {
    const { kept, hosts, kinds } = await running();
    expect(hosts).toHaveLength(1);
    expect(kept.state).toMatchObject({ kind: 'running', isOurs: true });
    expect(kept.address).toEqual(address);
    expect(kinds).toEqual(['starting', 'running']);
  });

  it('is not started where one runs, and that one is not ended', async () => {
    const { kept, hosts, world, settle } = keeper();
    world.running = address;
    kept.start();
    await settle();
    expect(hosts).toEqual([]);
    expect(kept.state).toMatchObject({ kind: 'running', isOurs: false });
    await kept.stop();
    kept.kill();
  });

  it('is started once, however often that is asked', async () => {
    const { kept, hosts, settle } = await running();
    kept.start();
    kept.wake();
    await settle();
    kept.start();
    await settle();
    expect(hosts).toHaveLength(1);
  });

  it('is not started from files that were changed', async () => {
    const { kept, hosts, settle } = keeper({ checkServer: () => Promise.resolve('bin/node has been changed.') });
    kept.start();
    await settle();
    expect(hosts).toEqual([]);
    expect(kept.state).toMatchObject({
      kind: 'failed',
      sentence: 'bin/node has been changed.',
      hint: 'Install Millrace again.',
    });
  });
});

describe('a host that dies', () => {
  it('is started again after a pause, with its last lines shown meanwhile', async () => {
    const { kept, hosts, world, settle } = await running();
    world.running = undefined;
    hosts[0]!.end({ code: null, signal: 'SIGSEGV' });
    await settle();
    expect(kept.state.kind).toBe('waiting');
    expect(kept.state.lines).toEqual(['its last line']);
    expect(kept.state.sentence).toContain('SIGSEGV');
    expect(kept.address).toBeUndefined();
    vi.advanceTimersByTime(499);
    await settle();
    expect(hosts).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await settle();
    expect(hosts).toHaveLength(2);
    expect(kept.state).toMatchObject({ kind: 'starting', sentence: expect.stringContaining('SIGSEGV') });
  });

  it('is started at once when the machine wakes up', async () => {
    const { kept, hosts, world, settle } = await running();
    world.running = undefined;
    hosts[0]!.end({ code: 1, signal: null });
    await settle();
    expect(kept.state.kind).toBe('waiting');
    kept.wake();
    await settle();
    expect(hosts).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    await settle();
    expect(hosts, 'the pause that was cut short starts no second one').toHaveLength(2);
  });

  it('is given up after five deaths, and started afresh when a person says so', async () => {
    const { kept, hosts, world, settle } = keeper();
    kept.start();
    await settle();
    for (let death = 1; death <= 5; death++) {
      expect(hosts).toHaveLength(death);
      hosts.at(-1)!.end({ code: 1, signal: null });
      await settle();
      if (death < 5) {
        expect(kept.state.kind).toBe('waiting');
        kept.wake();
        await settle();
      }
      world.nowMs += 1000;
    }
    expect(kept.state).toMatchObject({ kind: 'failed', lines: ['its last line'] });
    kept.wake();
    await settle();
    expect(hosts).toHaveLength(5);
    kept.start();
    await settle();
    expect(hosts).toHaveLength(6);
    hosts.at(-1)!.end({ code: 1, signal: null });
    await settle();
    expect(kept.state.kind).toBe('waiting');
  });

  it('stays down where somebody stopped it in order', async () => {
    const { kept, hosts, settle } = await running();
    hosts[0]!.end({ code: 0, signal: null });
    await settle();
    expect(kept.state.kind).toBe('stopped');
  });
});

describe('a stop', () => {
  it('asks, waits for the end, and starts nothing afterwards', async () => {
    const { kept, hosts, settle } = await running();
    let isGone = false;
    const stopped = kept.stop().then(() => (isGone = true));
    expect(hosts[0]!.heard).toEqual(['stop']);
    await settle();
    expect(isGone).toBe(false);
    hosts[0]!.end({ code: 0, signal: null });
    await stopped;
    kept.start();
    kept.wake();
    await settle();
    expect(hosts).toHaveLength(1);
    expect(kept.state.kind).toBe('stopped');
  });

  it('reaches a host that has not said yet that it listens', async () => {
    const { kept, hosts, settle } = keeper();
    kept.start();
    await settle();
    void kept.stop();
    expect(hosts[0]!.heard).toEqual(['stop']);
    kept.kill();
    expect(hosts[0]!.heard).toEqual(['stop', 'kill']);
  });

  it.each(['findRunning', 'checkServer'] as const)('comes in time while %s is still asked', async (part) => {
    let answer!: (value: undefined) => void;
    const asked = new Promise<undefined>((resolve) => {
      answer = resolve;
    });
    const { kept, hosts, settle } = keeper({ [part]: () => asked });
    kept.start();
    await settle();
    await kept.stop();
    answer(undefined);
    await settle();
    expect(hosts).toEqual([]);
  });

  it('ends a pause before the next start', async () => {
    const { kept, hosts, world, settle } = await running();
    world.running = undefined;
    hosts[0]!.end({ code: 1, signal: null });
    await settle();
    await kept.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    await settle();
    expect(hosts).toHaveLength(1);
  });
});

describe('a host that somebody else started', () => {
  it('is followed to its new address when it was restarted', async () => {
    const { kept, world, settle } = keeper();
    world.running = address;
    kept.start();
    await settle();
    world.running = { ...address, adminToken: 'new' };
    await kept.lost(2000);
    expect(kept.address?.adminToken).toBe('new');
    expect(kept.state.kind).toBe('running');
  });

  it('is missed for a while before that is said, and never replaced without being asked', async () => {
    const { kept, hosts, world, settle } = keeper();
    world.running = address;
    kept.start();
    await settle();
    world.running = undefined;
    await kept.lost(14_999);
    expect(kept.state.kind).toBe('running');
    await kept.lost(15_000);
    expect(kept.state.kind).toBe('stopped');
    expect(hosts).toEqual([]);
    kept.start();
    await settle();
    expect(hosts).toHaveLength(1);
  });

  it('is not what a silence of our own host is about: its process is heard', async () => {
    const { kept, world } = await running();
    world.running = undefined;
    await kept.lost(60_000);
    expect(kept.state.kind).toBe('running');
  });
});
