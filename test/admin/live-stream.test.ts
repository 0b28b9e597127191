import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveStream } from '../../server/admin/live-stream.ts';
import type { LiveWatcher } from '../../server/admin/live-stream.ts';
import type { LiveMessage } from '../../server/protocol/admin/live-message.ts';
import { liveState, modelView } from './live-views.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class FakeWatcher implements LiveWatcher {
  text = '';
  pending = 0;
  dropped = false;
  pendingBytes = (): number => this.pending;
  write = (text: string): void => void (this.text += text);
  drop = (): void => void (this.dropped = true);

  get messages(): LiveMessage[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1]!) as LiveMessage);
  }

  get lastId(): string {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!;
  }
}

function setUp() {
  const host = { rssBytes: 1, reads: 0 };
  const stream = new LiveStream({
    epoch: 'e',
    now: () => Date.now(),
    state() {
      host.reads++;
      return liveState({ rssBytes: host.rssBytes, upSeconds: host.reads, models: [modelView('a')] });
    },
  });
  const watch = (lastEventId?: string) => {
    const watcher = new FakeWatcher();
    return { watcher, leave: stream.watch(watcher, lastEventId) };
  };
  const second = (rssBytes = host.rssBytes): void => {
    host.rssBytes = rssBytes;
    vi.advanceTimersByTime(1000);
  };
  return { host, stream, watch, second };
}

describe('the live stream', () => {
  it('begins with a snapshot and goes on with what changed', () => {
    const { watch, second } = setUp();
    const { watcher } = watch();
    second(2);
    second();
    second(3);
    expect(watcher.messages.map(({ type }) => type)).toEqual(['snapshot', 'delta', 'delta']);
    expect(watcher.messages.slice(1)).toMatchObject([{ host: { rssBytes: 2 } }, { host: { rssBytes: 3 } }]);
    expect(watcher.text).toMatch(/^id: e-0\nevent: snapshot\ndata: .*\n\nid: e-1\nevent: delta\n/m);
  });

  it('does nothing while nobody watches', () => {
    const { host, watch, second } = setUp();
    second();
    expect(host.reads).toBe(0);
    const first = watch();
    first.leave();
    const before = host.reads;
    for (let times = 0; times < 60; times++) second(times);
    expect(host.reads).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('computes once for all who watch', () => {
    const { host, watch, second } = setUp();
    const watchers = Array.from({ length: 10 }, () => watch().watcher);
    const before = host.reads;
    second(2);
    expect(host.reads).toBe(before + 1);
    for (const watcher of watchers) expect(watcher.messages.at(-1)).toMatchObject({ host: { rssBytes: 2 } });
  });

  it('gives one who comes back exactly what it missed, also where nobody watched meanwhile', () => {
    const { watch, second } = setUp();
    const first = watch();
    const other = watch();
    second(2);
    first.leave();
    second(3);
    second(4);
    const back = watch(first.watcher.lastId);
    expect(back.watcher.messages).toMatchObject([{ host: { rssBytes: 3 } }, { host: { rssBytes: 4 } }]);
    back.leave();
    other.leave();
    second(5);
    const late = watch(back.watcher.lastId);
    expect(late.watcher.messages).toMatchObject([{ type: 'delta', host: { rssBytes: 5 } }]);
    const current = watch(late.watcher.lastId);
    expect(current.watcher.messages).toEqual([]);
    second(6);
    expect(current.watcher.messages).toMatchObject([{ host: { rssBytes: 6 } }]);
  });

  it.each([undefined, '', 'e-99', 'f-1', 'e-', 'e--1', 'nonsense', 'e-1e3', 'E-0'])(
    'gives a snapshot to one who names %s',
    (id) => {
      const { watch, second } = setUp();
      watch();
      second(2);
      expect(watch(id).watcher.messages).toMatchObject([{ type: 'snapshot', host: { rssBytes: 2 } }]);
    },
  );

  it('gives a snapshot where what was missed is no longer kept', () => {
    const { watch, second } = setUp();
    const first = watch();
    for (let times = 2; times < 122; times++) second(times);
    expect(watch('e-0').watcher.messages).toHaveLength(120);
    second(999);
    const back = watch('e-0');
    expect(back.watcher.messages).toMatchObject([{ type: 'snapshot' }]);
    expect(first.watcher.messages).toHaveLength(122);
  });

  it('drops one who does not read, and no other', () => {
    const { stream, watch, second } = setUp();
    const [slow, quick] = [watch().watcher, watch().watcher];
    slow.pending = 1_000_001;
    const before = slow.text;
    second(2);
    expect(slow.dropped).toBe(true);
    expect(slow.text).toBe(before);
    expect(quick.dropped).toBe(false);
    expect(quick.messages).toHaveLength(2);
    expect(stream.watchers).toBe(1);
  });

  it('says that it is alive after fifteen quiet seconds', () => {
    const { watch, second } = setUp();
    const { watcher } = watch();
    const before = watcher.text.length;
    for (let times = 0; times < 14; times++) second();
    const early = watcher.text.slice(before);
    second();
    second();
    expect(early).not.toContain(': alive\n\n: alive');
    expect(watcher.text.slice(before)).toContain(': alive\n\n');
  });

  it('ends every connection and its clock when it is closed', () => {
    const { stream, watch } = setUp();
    const { watcher } = watch();
    stream.close();
    expect(watcher.dropped).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
