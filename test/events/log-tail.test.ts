/** The last lines of the log: bounded, by level and words, and without silent gaps. */
import { describe, expect, it } from 'vitest';
import { changeLogLevel, createLog } from '../../server/base/log.ts';
import { LogTail } from '../../server/events/log-tail.ts';
import type { LogQuery } from '../../server/protocol/admin/log-view.ts';

const query = (changes: Partial<LogQuery> = {}): LogQuery => ({
  after: 0,
  level: 'debug',
  search: '',
  limit: 500,
  ...changes,
});
const line = (level: number, msg: string, more: object = {}): string =>
  JSON.stringify({ level, time: 0, msg, ...more });

describe('the tail of the log', () => {
  it('has what the log writes, as people read it', () => {
    const tail = new LogTail();
    const log = createLog('silent', 'json', { listener: tail });
    log.warn({ pid: 7 }, 'Port 8000 is in use.');
    log.debug('not kept');
    expect(tail.read(query()).entries).toEqual([
      {
        id: 1,
        at: expect.stringMatching(/^20\d\d-/),
        level: 'warn',
        message: 'Port 8000 is in use.',
        facts: '{"pid":7}',
      },
    ]);
    changeLogLevel(log, 'debug');
    log.debug('kept');
    expect(tail.read(query()).entries.at(-1)).toMatchObject({ level: 'debug', message: 'kept' });
    changeLogLevel(log, 'silent');
    log.debug('not kept again');
    expect(tail.read(query()).lastId).toBe(2);
  });

  it('is found by level and by words in any case, of the message and of the facts', () => {
    const tail = new LogTail();
    tail.write(line(30, 'iris is ready'));
    tail.write(line(40, 'iris ended', { signal: 'SIGKILL' }));
    tail.write(line(60, 'digits is lost'));
    const found = (changes: Partial<LogQuery>) => tail.read(query(changes)).entries.map(({ id }) => id);
    expect(found({ level: 'warn' })).toEqual([2, 3]);
    expect(found({ level: 'error' })).toEqual([3]);
    expect(found({ search: 'IRIS sigkill' })).toEqual([2]);
    expect(found({ search: 'iris lost' })).toEqual([]);
  });

  it('tells who follows what came since, and how much was missed', () => {
    const tail = new LogTail({ maxLines: 3 });
    for (let number = 1; number <= 3; number++) tail.write(line(30, String(number)));
    expect(tail.read(query({ after: 2 }))).toMatchObject({ entries: [{ id: 3 }], lastId: 3, skipped: 0 });
    for (let number = 4; number <= 8; number++) tail.write(line(30, String(number)));
    expect(tail.read(query({ after: 3 }))).toMatchObject({
      entries: [{ id: 6 }, {}, { id: 8 }],
      lastId: 8,
      skipped: 2,
    });
    expect(tail.read(query({ limit: 1 }))).toMatchObject({ entries: [{ id: 8 }], skipped: 2 });
    expect(tail.read(query({ after: 8 }))).toMatchObject({ entries: [], lastId: 8, skipped: 0 });
  });

  it('is bounded in characters, also of one line', () => {
    const tail = new LogTail({ maxCharacters: 20_000 });
    tail.write(line(50, 'x'.repeat(100_000), { stack: 'y'.repeat(1000) }));
    const [entry] = tail.read(query()).entries;
    expect(entry!.message.length).toBeLessThan(4100);
    expect(entry).toMatchObject({ level: 'error', facts: expect.stringContaining('cutFromCharacters') });
    for (let number = 0; number < 1000; number++) tail.write(line(30, 'z'.repeat(100)));
    const { entries } = tail.read(query({ limit: 2000 }));
    expect(entries.length).toBeLessThan(200);
    expect(entries.at(-1)!.id).toBe(1001);
  });

  it('shows a line that is no JSON as it is', () => {
    const tail = new LogTail();
    tail.write('not json\n');
    expect(tail.read(query()).entries).toMatchObject([{ message: 'not json', level: 'info' }]);
  });

  it('has another name in another run', () => {
    expect(new LogTail().read(query()).run).not.toBe(new LogTail().read(query()).run);
  });
});
