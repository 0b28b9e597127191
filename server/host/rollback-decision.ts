/** Whether a version that was promoted a moment ago is taken back by itself: pure, with the numbers in its answer. */

/** Failures and answers of one version, failures of clients and of full queues left out. */
export interface Outcomes {
  readonly answered: number;
  readonly failed: number;
}

export interface RollbackFacts {
  readonly sinceMs: number;
  /** The new version was given up after a crash loop, in a sentence. */
  readonly givenUp: string | undefined;
  /** Of the version before, up to the switch. */
  readonly before: Outcomes;
  /** Of the new version, since the switch. */
  readonly after: Outcomes;
}

export type RollbackVerdict =
  | { readonly action: 'watch' }
  /** The time is over and nothing happened. */
  | { readonly action: 'keep' }
  | { readonly action: 'roll-back'; readonly reason: string };

/** A defect of a new version shows at once or under the load of a few minutes; later other things have changed too. */
export const watchMs = 300_000;
/** One odd request must not take a version back. */
const minFailed = 10;
/** Of twenty requests one fails: nobody would go on with that. */
const minRate = 0.05;
/** Where the version before failed as well, it must be clearly worse. */
const timesWorse = 3;

export function decideRollback({ sinceMs, givenUp, before, after }: RollbackFacts): RollbackVerdict {
  if (sinceMs >= watchMs) return { action: 'keep' };
  if (givenUp !== undefined) return { action: 'roll-back', reason: givenUp };
  const rate = rateOf(after);
  const rateBefore = rateOf(before);
  if (after.failed < minFailed || rate < minRate || rate < timesWorse * rateBefore) return { action: 'watch' };
  return {
    action: 'roll-back',
    reason: `${after.failed} of its ${after.answered + after.failed} requests failed (${percent(rate)}), ${percent(rateBefore)} before it.`,
  };
}

function rateOf({ answered, failed }: Outcomes): number {
  return failed === 0 ? 0 : failed / (answered + failed);
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}
