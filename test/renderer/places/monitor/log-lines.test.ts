/** The lines of the log that a page shows. */
import { describe, expect, it } from 'vitest';
import { addLines, lineText, maxLines, noLines } from '../../../../renderer/places/monitor/log-lines.ts';
import type { LogEntry, LogView } from '../../../../server/protocol/admin/log-view.ts';

const entry = (id: number): LogEntry => ({
  id,
  at: '2026-01-01T00:00:00.000Z',
  level: 'info',
  message: `m${id}`,
  facts: '',
});
const view = (ids: readonly number[], more: Partial<LogView> = {}): LogView => ({
  run: 'a',
  entries: ids.map(entry),
  lastId: ids.at(-1) ?? 0,
  skipped: 0,
  ...more,
});

describe('the shown lines', () => {
  it('grow by what is new, once', () => {
    const first = addLines(noLines, view([1, 2]));
    const second = addLines(first, view([2, 3]));
    expect(second.entries.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(addLines(second, view([], { lastId: 3 }))).toBe(second);
  });

  it('are the last thousand, and say how many are not shown', () => {
    const ids = Array.from({ length: maxLines + 5 }, (_, at) => at + 1);
    const lines = addLines(noLines, view(ids, { skipped: 7 }));
    expect(lines.entries).toHaveLength(maxLines);
    expect([lines.entries[0]!.id, lines.skipped]).toEqual([6, 12]);
  });

  it('begin anew with another run of the host', () => {
    const lines = addLines(addLines(noLines, view([1, 2, 3])), view([1], { run: 'b' }));
    expect([lines.run, lines.entries.map(({ id }) => id)]).toEqual(['b', [1]]);
  });

  it('are copied as they stand', () => {
    expect(lineText({ ...entry(1), facts: '{"a":1}' })).toBe('2026-01-01T00:00:00.000Z info m1 {"a":1}');
  });
});
