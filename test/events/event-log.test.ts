import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../server/events/event-log.ts';
import type { EventLogOptions } from '../../server/events/event-log.ts';
import type { HostEvent, NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { openDatabase } from '../../server/storage/database.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const said = (sentence: string, rest: Partial<NewHostEvent> = {}): NewHostEvent => ({
  kind: 'scaling',
  severity: 'info',
  sentence,
  ...rest,
});

describe('the event log', () => {
  let folder: string;
  let nowMs: number;
  let troubles: string[];
  let open: EventLog[];

  const opened = (options: Partial<EventLogOptions> = {}): EventLog => {
    const log = new EventLog({
      path: join(folder, 'events.db'),
      now: () => nowMs,
      onTrouble: (message) => troubles.push(message),
      ...options,
    });
    open.push(log);
    return log;
  };
  const sentences = (events: readonly HostEvent[]) => events.map(({ sentence }) => sentence);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'event-log-'));
    nowMs = Date.parse('2026-03-01T10:00:00.000Z');
    troubles = [];
    open = [];
  });

  afterEach(() => {
    for (const log of open) log.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives back what it was told, numbered and dated, newest first', () => {
    const log = opened();
    log.append(said('one', { model: 'iris', hint: 'wait', facts: { from: 1, to: 2 } }));
    nowMs += 5;
    log.append(said('two', { kind: 'replica', severity: 'failure' }));
    expect(log.list()).toEqual([
      { id: 2, at: '2026-03-01T10:00:00.005Z', kind: 'replica', severity: 'failure', sentence: 'two' },
      {
        id: 1,
        at: '2026-03-01T10:00:00.000Z',
        kind: 'scaling',
        severity: 'info',
        model: 'iris',
        sentence: 'one',
        hint: 'wait',
        facts: { from: 1, to: 2 },
      },
    ]);
  });

  it('keeps events over a restart and goes on counting, also when all have been pruned', () => {
    const first = opened();
    first.append(said('one'));
    first.append(said('two'));
    first.close();
    expect(sentences(opened().list())).toEqual(['two', 'one']);
    nowMs += 100 * dayMs;
    const third = opened();
    expect(third.list()).toEqual([]);
    expect(third.append(said('three')).id).toBe(3);
  });

  it('lists by kind, by model and page by page', () => {
    const log = opened();
    for (let index = 1; index <= 6; index++)
      log.append(said(`e${index}`, { model: index % 2 === 0 ? 'even' : 'odd', kind: index > 3 ? 'model' : 'scaling' }));
    expect(sentences(log.list({ model: 'even' }))).toEqual(['e6', 'e4', 'e2']);
    expect(sentences(log.list({ kind: 'model' }))).toEqual(['e6', 'e5', 'e4']);
    expect(sentences(log.list({ kind: 'model', model: 'even' }))).toEqual(['e6', 'e4']);
    const page = log.list({ limit: 2 });
    expect(sentences(page)).toEqual(['e6', 'e5']);
    expect(sentences(log.list({ limit: 2, before: page.at(-1)!.id }))).toEqual(['e4', 'e3']);
    expect(log.list({ limit: -5 })).toHaveLength(1);
  });

  it('shares its file with a second host, and no number is given twice', () => {
    const [one, other] = [opened(), opened()];
    expect([one, other, other, one].map((log) => log.append(said('x')).id)).toEqual([1, 2, 3, 4]);
    expect(one.list().map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  it('tells each subscriber until it leaves, also one that leaves while it listens', () => {
    const log = opened();
    const heard: string[] = [];
    const leave = log.onEvent(({ sentence }) => {
      heard.push(`a ${sentence}`);
      leave();
    });
    log.onEvent(({ sentence }) => heard.push(`b ${sentence}`));
    log.append(said('one'));
    log.append(said('two'));
    expect(heard).toEqual(['a one', 'b one', 'b two']);
  });

  it('never holds more than its number and one batch', () => {
    const log = opened({ maxEvents: 300 });
    for (let index = 0; index < 1200; index++) log.append(said(`e${index}`));
    const kept = log.list({ limit: 1000 });
    expect(kept.length).toBeLessThanOrEqual(300 + 256);
    expect(kept.length).toBeGreaterThanOrEqual(300);
    expect(kept[0]!.sentence).toBe('e1199');
  });

  it('forgets what is too old, with those that are younger left alone', () => {
    const log = opened({ maxAgeMs: dayMs });
    log.append(said('old'));
    nowMs += dayMs + 1;
    for (let index = 0; index < 256; index++) log.append(said(`young ${index}`));
    expect(log.list({ limit: 1000 })).toHaveLength(256);
  });

  it('shortens a sentence that is too long and drops facts that are', () => {
    const log = opened();
    log.append(said('x'.repeat(5000), { facts: { text: 'y'.repeat(50_000) } }));
    const [event] = log.list();
    expect(event!.sentence).toHaveLength(2000);
    expect(event!.facts).toEqual({ tooLongCharacters: 50_011 });
  });

  describe('without a file that can be used', () => {
    it('keeps the last thousand in memory and says so once', () => {
      mkdirSync(join(folder, 'events.db'));
      const log = opened();
      for (let index = 1; index <= 1100; index++) log.append(said(`e${index}`));
      nowMs += 10 * minuteMs;
      log.append(said('e1101'));
      expect(troubles).toEqual([expect.stringContaining('cannot be written')]);
      const kept = log.list({ limit: 1000 });
      expect(kept).toHaveLength(1000);
      expect([kept[0]!.id, kept.at(-1)!.id]).toEqual([1101, 102]);
    });

    it('writes what it kept once the file can be used, numbered after what is there', () => {
      const before = opened();
      before.append(said('before'));
      before.close();
      const path = join(folder, 'events.db');
      const content = readFileSync(path);
      rmSync(path);
      mkdirSync(path);
      const log = opened();
      log.append(said('kept'));
      rmSync(path, { recursive: true });
      writeFileSync(path, content);
      nowMs += minuteMs - 1;
      log.append(said('too early to try'));
      expect(sentences(log.list())).toEqual(['too early to try', 'kept']);
      nowMs += 1;
      expect(log.append(said('again')).id).toBe(4);
      expect(log.list().map(({ id, sentence }) => [id, sentence])).toEqual([
        [4, 'again'],
        [3, 'too early to try'],
        [2, 'kept'],
        [1, 'before'],
      ]);
      expect(troubles).toEqual([expect.stringContaining('cannot'), expect.stringContaining('again')]);
      log.close();
      expect(opened().list()).toHaveLength(4);
    });

    it('goes on when the file is taken from it while it runs', () => {
      const log = opened();
      log.append(said('one'));
      const thief = openDatabase({ path: join(folder, 'events.db'), steps: [''], kind: 'rebuildable' });
      thief.exec('DROP TABLE events');
      thief.close();
      expect(log.append(said('two')).id).toBe(2);
      expect(sentences(log.list())).toEqual(['two']);
      expect(troubles).toHaveLength(1);
    });

    it(
      'does not fail in a folder that it may not write',
      { skip: process.getuid?.() === 0 || process.platform === 'win32' },
      () => {
        chmodSync(folder, 0o500);
        const log = opened();
        log.append(said('one'));
        expect(sentences(log.list())).toEqual(['one']);
        chmodSync(folder, 0o700);
      },
    );
  });

  it('begins anew over a damaged file, and says where the old one is', () => {
    writeFileSync(join(folder, 'events.db'), 'this is no database'.repeat(500));
    const log = opened();
    log.append(said('one'));
    expect(sentences(log.list())).toEqual(['one']);
    expect(troubles).toEqual([expect.stringContaining('events.db.damaged')]);
  });

  it('keeps what is appended after its end in memory', () => {
    const log = opened();
    log.close();
    nowMs += 10 * minuteMs;
    log.append(said('late'));
    expect(sentences(log.list())).toEqual(['late']);
    expect(opened().list()).toEqual([]);
  });
});
