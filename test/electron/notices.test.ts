/** Who is told what, and how often. */
import { describe, expect, it } from 'vitest';
import { decideNotice, emptyBook } from '../../electron/notices.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';

const sinceMs = Date.parse('2026-11-24T08:00:00Z');
const now = { nowMs: sinceMs + 60_000, sinceMs, isLooking: false };

function event(id: number, more: Partial<HostEvent> = {}): HostEvent {
  const at = '2026-11-24T08:00:30.000Z';
  return { id, at, kind: 'model', severity: 'failure', sentence: `Sentence ${id}.`, ...more };
}

describe('a notification', () => {
  it('says what failed', () => {
    const { notice } = decideNotice(emptyBook, [event(3)], now);
    expect(notice).toEqual({ title: 'Millrace needs you', body: 'Sentence 3.' });
  });

  it('is one for several, with the first of them', () => {
    const { notice } = decideNotice(emptyBook, [event(5), event(4)], now);
    expect(notice).toEqual({ title: 'Millrace: 2 things need you', body: 'Sentence 4.' });
  });

  it('is not given twice for the same event', () => {
    const { book } = decideNotice(emptyBook, [event(3)], now);
    expect(decideNotice(book, [event(3)], { ...now, nowMs: now.nowMs + 4_000_000 }).notice).toBeUndefined();
  });

  it('is not repeated within an hour for another event that says the same', () => {
    const same = { sentence: 'The disk is full.' };
    const { book } = decideNotice(emptyBook, [event(1, same)], now);
    expect(decideNotice(book, [event(2, same)], { ...now, nowMs: now.nowMs + 3_599_999 }).notice).toBeUndefined();
    expect(decideNotice(book, [event(2, same)], { ...now, nowMs: now.nowMs + 3_600_000 }).notice).toBeDefined();
  });

  it('is not given for what happened before the program started', () => {
    expect(decideNotice(emptyBook, [event(1, { at: '2026-11-24T07:59:59.999Z' })], now).notice).toBeUndefined();
  });

  it('is not given for information, nor for what Millrace deals with itself', () => {
    const calm = [
      event(1, { severity: 'info' }),
      event(2, { severity: 'attention', kind: 'replica' }),
      event(3, { severity: 'attention', kind: 'scaling' }),
    ];
    expect(decideNotice(emptyBook, calm, now).notice).toBeUndefined();
    const asked = [
      event(4, { severity: 'attention', kind: 'access' }),
      event(5, { severity: 'failure', kind: 'scaling' }),
    ];
    expect(decideNotice(emptyBook, asked, now).notice?.title).toContain('2 things');
  });

  it('is not given while somebody looks, and not later either', () => {
    const looking = decideNotice(emptyBook, [event(1)], { ...now, isLooking: true });
    expect(looking.notice).toBeUndefined();
    expect(decideNotice(looking.book, [event(1)], now).notice).toBeUndefined();
  });

  it('remembers a bounded number of sentences', () => {
    const many = Array.from({ length: 500 }, (_, id) => event(id + 1));
    expect(Object.keys(decideNotice(emptyBook, many, now).book.toldMs)).toHaveLength(100);
  });
});
