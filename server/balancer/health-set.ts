/**
 * The health rules that need the whole set: how many may be out, and what happens when too many are. Pure; health.ts judges each
 * upstream alone.
 *
 * A replica whose process has ended is not in these counts: it is gone, not ejected. No rule here drops a round of active checks that
 * most upstreams missed: local replicas are not checked, each remote server is at times of its own, and a check whose own timer came
 * late is dropped where it is made (remote-health-check.ts).
 */

/**
 * Whether one more upstream may be ejected: at most half of the living, rounded down, counted *after* the ejection. A
 * percentage checked before it ejects all of 3 at 67 % (Envoy issue 3263).
 */
export function mayEjectOneMore(alive: number, ejected: number): boolean {
  return ejected + 1 <= Math.floor(alive / 2);
}

/** What the rules need to know of an upstream. */
export interface SetMember {
  /** Its process runs, or its remote server accepts connections. */
  readonly alive: boolean;
  /** Its health lets it receive: closed, or half-open with its probe to give. */
  readonly available: boolean;
}

/** Whether fewer than half of the living may receive (Envoy's healthy_panic_threshold, 50 %). To be shown to the user. */
export function isPanic(members: readonly SetMember[]): boolean {
  let alive = 0;
  let available = 0;
  for (const member of members) {
    if (!member.alive) continue;
    alive += 1;
    if (member.available) available += 1;
  }
  return available * 2 < alive;
}

/**
 * The weight of a living but unavailable upstream in a panic: half, rounded up, so that weight 1 stays in. It may be no worse than the
 * overload on the few that are left.
 */
export function panicWeight(weight: number): number {
  return Math.ceil(weight / 2);
}
