/**
 * The stabilisation windows: a change of direction waits until the other direction has not been asked for in a while.
 *
 * Source: stabilizeRecommendationWithBehaviors in horizontal.go (kubernetes @003e8629), which KEP-853's text describes in
 * another order than the code runs. What is remembered are raw recommendations, before any wait or limit: remembering gated
 * ones would add the window to the wait (a first shrink after 885 s instead of 600).
 *
 * Only entries that can still be a maximum or a minimum are kept, so memory is bounded by the range of counts, not by time.
 */

export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

export interface Recommendations {
  /** Each lower than the one before it: the maxima of every window that ends now. */
  readonly highs: readonly Recommendation[];
  /** Each higher than the one before it: the minima. */
  readonly lows: readonly Recommendation[];
}

export const noRecommendations: Recommendations = { highs: [], lows: [] };

export interface StabilisationWindows {
  readonly upMs: number;
  readonly downMs: number;
}

export interface Stabilised {
  readonly replicas: number;
  /** The older recommendation that decided instead of the new one. */
  readonly heldBy?: Recommendation;
}

/** Adds a recommendation and forgets what is older than `keepMs`, the longer of the two windows. */
export function remember({ highs, lows }: Recommendations, latest: Recommendation, keepMs: number): Recommendations {
  const isYoung = ({ atMs }: Recommendation): boolean => latest.atMs - atMs < keepMs;
  return {
    highs: [...highs.filter((entry) => isYoung(entry) && entry.replicas > latest.replicas), latest],
    lows: [...lows.filter((entry) => isYoung(entry) && entry.replicas < latest.replicas), latest],
  };
}

/**
 * The current count, raised to the least and cut to the most that was recommended within the windows, the new
 * recommendation included. An entry exactly as old as its window no longer counts.
 */
export function stabilise(
  current: number,
  wanted: number,
  { highs, lows }: Recommendations,
  { upMs, downMs }: StabilisationWindows,
  nowMs: number,
): Stabilised {
  const low = lows.find(({ atMs }) => nowMs - atMs < upMs);
  const high = highs.find(({ atMs }) => nowMs - atMs < downMs);
  const least = Math.min(wanted, low?.replicas ?? wanted);
  const most = Math.max(wanted, high?.replicas ?? wanted);
  const replicas = Math.min(most, Math.max(least, current));
  if (replicas === wanted) return { replicas };
  const holder = wanted > replicas ? low : high;
  return holder === undefined ? { replicas } : { replicas, heldBy: holder };
}
