/**
 * Which replicas end when there are too many: those whose end costs least. Pure.
 *
 * Starting ones first, because nobody has been answered by them (ending running ones instead was a severe fault of Ray Serve,
 * ray-project/ray issue 43034); then those that are not used anyway, then those with the least to finish, and of equals the
 * youngest, whose caches are coldest.
 */

export interface Candidate {
  /** Ready, and not held back as a spare. */
  readonly isServing: boolean;
  readonly isStarting: boolean;
  /** Ready, and taken out of rotation. */
  readonly isEjected: boolean;
  readonly inFlight: number;
  /** Monotonic milliseconds; a later start is younger. */
  readonly startedMs: number;
}

/** The first `count` to end, most dispensable first. */
export function chooseVictims<T extends Candidate>(candidates: readonly T[], count: number): T[] {
  return candidates
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.inFlight - b.inFlight || b.startedMs - a.startedMs)
    .slice(0, Math.max(0, count));
}

function rankOf({ isServing, isStarting, isEjected }: Candidate): number {
  if (isStarting) return 0;
  if (isEjected) return 1;
  return isServing ? 3 : 2;
}
