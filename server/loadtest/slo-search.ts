/**
 * Finds the highest rate that holds a goal: doubles or halves until the border lies between two rates, halves the interval
 * between them, then proves the found rate in a longer trial. Pure: it sees the trials so far and says what to try next.
 *
 *   bracket ──one holds, one fails──► bisect ──close enough──► confirm ──holds──► done
 *                                                                 └─fails─► a little lower, confirm again
 */

export interface TriedRate {
  readonly perSecond: number;
  readonly purpose: 'bracket' | 'bisect' | 'confirm';
  readonly holds: boolean;
}

export interface SearchSettings {
  /** Where to begin. */
  readonly startPerSecond: number;
  readonly minPerSecond: number;
  readonly maxPerSecond: number;
}

export type SearchStep =
  | { readonly kind: 'try'; readonly perSecond: number; readonly purpose: TriedRate['purpose'] }
  | {
      readonly kind: 'done';
      /** Undefined: nothing held. */
      readonly perSecond: number | undefined;
      readonly failsAtPerSecond: number | undefined;
    };

/** The rates that hold and that fail are at most so far apart at the end: measurements repeat no better on a shared machine. */
export const searchResolution = 1.03;
const bracketFactor = 2;
/** What a found rate goes down when it does not hold for longer. */
const confirmStep = 0.95;
export const maxTrials = 40;
const maxConfirms = 8;

/** `tried` in the order of the trials. Ends after at most `maxTrials` of them whatever they say. */
export function decideSearch(tried: readonly TriedRate[], settings: SearchSettings): SearchStep {
  const { minPerSecond, maxPerSecond } = settings;
  const clamp = (rate: number): number => Math.min(maxPerSecond, Math.max(minPerSecond, rate));
  const failing = tried.filter(({ holds }) => !holds).map(({ perSecond }) => perSecond);
  const lowestFailing = failing.length === 0 ? undefined : Math.min(...failing);
  // A rate above one that failed held by luck.
  const holding = tried
    .filter(({ perSecond, holds }) => holds && (lowestFailing === undefined || perSecond < lowestFailing))
    .map(({ perSecond }) => perSecond);
  const highestHolding = holding.length === 0 ? undefined : Math.max(...holding);
  const confirms = tried.filter(({ purpose }) => purpose === 'confirm');
  const confirmed = confirms
    .filter(({ perSecond, holds }) => holds && (lowestFailing === undefined || perSecond < lowestFailing))
    .map(({ perSecond }) => perSecond);
  const done = (perSecond: number | undefined): SearchStep => ({
    kind: 'done',
    perSecond,
    failsAtPerSecond: lowestFailing,
  });
  if (confirmed.length > 0) return done(Math.max(...confirmed));
  if (tried.length >= maxTrials || confirms.length >= maxConfirms) return done(undefined);
  if (confirms.length > 0) {
    if (lowestFailing! <= minPerSecond) return done(undefined);
    return { kind: 'try', perSecond: clamp(lowestFailing! * confirmStep), purpose: 'confirm' };
  }
  if (tried.length === 0) return { kind: 'try', perSecond: clamp(settings.startPerSecond), purpose: 'bracket' };
  if (highestHolding === undefined) {
    if (lowestFailing! <= minPerSecond) return done(undefined);
    return { kind: 'try', perSecond: clamp(lowestFailing! / bracketFactor), purpose: 'bracket' };
  }
  if (lowestFailing === undefined) {
    if (highestHolding >= maxPerSecond) return { kind: 'try', perSecond: highestHolding, purpose: 'confirm' };
    return { kind: 'try', perSecond: clamp(highestHolding * bracketFactor), purpose: 'bracket' };
  }
  if (lowestFailing / highestHolding > searchResolution) {
    return { kind: 'try', perSecond: Math.sqrt(lowestFailing * highestHolding), purpose: 'bisect' };
  }
  return { kind: 'try', perSecond: highestHolding, purpose: 'confirm' };
}
