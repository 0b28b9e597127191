import { describe, expect, it } from 'vitest';
import { judgeRun } from '../../server/cluster/hung-run.ts';

/** Began at 0; nobody's deadline passes unless the test says so. */
function judge(ageMs: number, meanRunMs: number, firstDeadlineMs = Infinity): string {
  return judgeRun({ nowMs: ageMs, sinceMs: 0, firstDeadlineMs, meanRunMs });
}

describe('judgeRun', () => {
  it('finds a young run fine, whatever the deadline and the mean', () => {
    for (const mean of [0, 1, 5000]) {
      expect(judge(999, mean)).toBe('fine');
      expect(judge(999, mean, 1)).toBe('fine');
    }
  });

  it('finds a run stalled after twenty times the mean, at least a second', () => {
    expect(judge(1000, 0)).toBe('stalled');
    expect(judge(1000, 50)).toBe('stalled');
    expect(judge(1999, 100)).toBe('fine');
    expect(judge(2000, 100)).toBe('stalled');
  });

  it('finds a run hung after ten times the mean, at least a second, once the first deadline has passed', () => {
    expect(judge(1500, 100, 1500)).toBe('hung');
    expect(judge(1499, 100, 1500)).toBe('fine');
    expect(judge(3999, 400, 1500)).toBe('fine');
    expect(judge(4000, 400, 1500)).toBe('hung');
  });

  it('never finds a run hung that somebody still waits for', () => {
    expect(judge(1e9, 100, 1e9 + 1)).toBe('stalled');
  });

  it('counts from when the run began, not from zero', () => {
    const facts = { sinceMs: 50_000, firstDeadlineMs: Infinity, meanRunMs: 100 };
    expect(judgeRun({ ...facts, nowMs: 51_999 })).toBe('fine');
    expect(judgeRun({ ...facts, nowMs: 52_000 })).toBe('stalled');
  });
});
