/**
 * The health rules that need the whole set: how many may be out, what happens when too many are, and when a round of checks
 * says more about the host than about the replicas. Pure; health.ts judges each upstream alone.
 *
 * A replica whose process has ended is not in these counts, except as not alive: it is gone, not ejected.
 */

/**
 * Whether one more upstream may be ejected: at most half of the living, rounded down, counted *after* the ejection. A
 * percentage checked before it ejects all of 3 at 67 % (Envoy issue 3263).
 */
export function mayEjectOneMore(alive: number, ejected: number): boolean {
  return ejected + 1 <= Math.floor(alive / 2);
}

/** What the rotation needs to know of an upstream. */
export interface SetMember {
  readonly weight: number;
  /** Its process runs, or its remote server has not been given up. */
  readonly alive: boolean;
  /** Its health lets it receive: closed, or half-open with its probe to give. */
  readonly healthy: boolean;
  /** Its golden check returned wrong numbers. Out even in a panic: a wrong answer is worse than none. */
  readonly answersWrong: boolean;
}

export interface Rotation {
  /** Fewer than half of the living are healthy (Envoy's healthy_panic_threshold, 50 %). To be shown to the user. */
  readonly panicking: boolean;
  /** Weight of each member, by position; 0 where it may not receive. */
  readonly weights: readonly number[];
}

/**
 * Who receives, with which weight. In a panic the living but unhealthy receive too, at half weight (rounded up, so that
 * weight 1 stays in): they may be no worse than the overload on the few that are left.
 */
export function decideRotation(members: readonly SetMember[]): Rotation {
  let alive = 0;
  let eligible = 0;
  for (const member of members) {
    if (!member.alive) continue;
    alive += 1;
    if (member.healthy && !member.answersWrong) eligible += 1;
  }
  const panicking = eligible * 2 < alive;
  const weights = members.map((member) => {
    if (!member.alive || member.answersWrong) return 0;
    if (member.healthy) return member.weight;
    return panicking ? Math.ceil(member.weight / 2) : 0;
  });
  return { panicking, weights };
}

/**
 * Whether a round of active checks is to be dropped: more than half missed it at once, so the host slept, swapped or ran
 * out of CPU. Busy is not dead. A lone replica that misses counts as such a round.
 */
export function isHostEvent(missed: number, checked: number): boolean {
  return missed * 2 > checked;
}
