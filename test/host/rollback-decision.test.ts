import { describe, expect, it } from 'vitest';
import { decideRollback, watchMs } from '../../server/host/rollback-decision.ts';
import type { RollbackFacts } from '../../server/host/rollback-decision.ts';

const quiet: RollbackFacts = {
  sinceMs: 1000,
  givenUp: undefined,
  before: { answered: 1000, failed: 0 },
  after: { answered: 100, failed: 0 },
};

describe('decideRollback', () => {
  it('watches a version that answers', () => {
    expect(decideRollback(quiet)).toEqual({ action: 'watch' });
  });

  it('takes back a version in a crash loop', () => {
    expect(decideRollback({ ...quiet, givenUp: 'It ended five times.' })).toEqual({
      action: 'roll-back',
      reason: 'It ended five times.',
    });
  });

  it('keeps what has stood the time', () => {
    const late = { ...quiet, sinceMs: watchMs, givenUp: 'It ended five times.' };
    expect(decideRollback(late)).toEqual({ action: 'keep' });
    expect(decideRollback({ ...late, sinceMs: watchMs - 1 }).action).toBe('roll-back');
  });

  it('takes back a version that fails clearly more often, with the numbers', () => {
    expect(decideRollback({ ...quiet, after: { answered: 190, failed: 10 } })).toEqual({
      action: 'roll-back',
      reason: '10 of its 200 requests failed (5.0 %), 0.0 % before it.',
    });
  });

  it.each([
    ['a few failures', { answered: 0, failed: 9 }, { answered: 100, failed: 0 }],
    ['a small share', { answered: 191, failed: 10 }, { answered: 100, failed: 0 }],
    ['no more than the version before', { answered: 70, failed: 29 }, { answered: 90, failed: 10 }],
  ])('goes on with %s', (_what, after, before) => {
    expect(decideRollback({ ...quiet, after, before })).toEqual({ action: 'watch' });
  });

  it('takes back more than three times the failures of the version before', () => {
    const facts = { ...quiet, after: { answered: 69, failed: 31 }, before: { answered: 90, failed: 10 } };
    expect(decideRollback(facts).action).toBe('roll-back');
  });
});
