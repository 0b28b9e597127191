/**
 * When is a run stuck? Pure.
 *
 * A run blocks its replica, so a replica that computes answers no ping: busy looks like dead. What is known is when the
 * present run must have begun, how long runs usually take, and whether anyone still waits for it.
 */

/** A run younger than this is never held against its replica, whatever the clients' deadlines, milliseconds. */
const minSuspectAgeMs = 1000;

export interface RunFacts {
  readonly nowMs: number;
  /** When the present run began at the latest: the last answer, or the first call after idleness. */
  readonly sinceMs: number;
  /** The earliest deadline among the calls that may be running: the others can be tried again elsewhere. */
  readonly firstDeadlineMs: number;
  /** Moving average of this model's runs, 0 before the first. */
  readonly meanRunMs: number;
}

/**
 * - `fine`
 * - `stalled`: much older than runs usually get. Send nothing more, and let calls that have not begun go elsewhere.
 * - `hung`: nobody can use its result any more. Only ending the process frees the replica.
 *
 * Worked example, mean 100 ms: stalled after 2 s. With a deadline of 1.5 s that a client set: hung at 1.5 s, because ten
 * times the mean is 1 s. With mean 400 ms and the same deadline: the run may take 4 s before the replica is killed for it,
 * although the client got its 504 at 1.5 s; otherwise impatient clients would keep a slow model from ever answering.
 */
export function judgeRun(facts: RunFacts): 'fine' | 'stalled' | 'hung' {
  const ageMs = facts.nowMs - facts.sinceMs;
  if (facts.nowMs >= facts.firstDeadlineMs && ageMs >= Math.max(minSuspectAgeMs, 10 * facts.meanRunMs)) return 'hung';
  if (ageMs >= Math.max(minSuspectAgeMs, 20 * facts.meanRunMs)) return 'stalled';
  return 'fine';
}
