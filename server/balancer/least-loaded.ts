/**
 * The candidate with the least load per weight: `auto` and `least-connections`.
 *
 * Load is requests in flight, counted by the dispatcher, not sockets. It equalises concurrency, not request totals:
 * a slow candidate gets fewer. A candidate that refuses at once looks idle and would attract everything, so these
 * policies rely on health.ts to take it out after the first refusal.
 */

import type { Candidate, PolicyName, SelectionPolicy, SelectionRequest } from './candidate.ts';
import { RollingCount } from './rolling-count.ts';
import { SmoothWeighted } from './smooth-weighted.ts';
import { StateByName } from './state-by-name.ts';

/**
 * Which quotient is smallest:
 * - `nginx`: inFlight / weight, so that idle candidates tie whatever their weights (ngx_http_upstream_least_conn_module.c);
 * - `haproxy`: 0 if idle, else (inFlight + 1) / weight (HAProxy src/lb_fwlc.c);
 * - `sed`: (inFlight + 1) / weight, the shortest expected delay of Linux IPVS: with unequal candidates it weighs where
 *   *this* request would finish first.
 */
export type LoadRule = 'nginx' | 'haproxy' | 'sed';

type Loaded = Pick<Candidate, 'inFlight' | 'weight'>;

/** Negative where `a` is less loaded than `b`, 0 on a tie. Exact: integers are multiplied crosswise, not divided. */
export function compareLoad(rule: LoadRule, a: Loaded, b: Loaded): number {
  return loadOf(rule, a.inFlight) * b.weight - loadOf(rule, b.inFlight) * a.weight;
}

function loadOf(rule: LoadRule, inFlight: number): number {
  if (rule === 'nginx') return inFlight;
  if (rule === 'haproxy' && inFlight === 0) return 0;
  return inFlight + 1;
}

/**
 * Ties go to the fewest picks per weight in the last second (HAProxy breaks them so in its random policy: it keeps a
 * just-emptied fast candidate from taking everything), then in smooth weighted order.
 */
export class LeastLoaded implements SelectionPolicy {
  readonly name: PolicyName;
  readonly #rule: LoadRule;
  readonly #order: SmoothWeighted;
  readonly #recentPicks = new StateByName(() => new RollingCount(10, 100));
  /** By position: whether the candidate is among the best of the pick in progress. */
  readonly #tied: boolean[] = [];
  readonly #isTied = (_candidate: Candidate, index: number): boolean => this.#tied[index] === true;

  constructor(name: PolicyName, rule: LoadRule, maxFails?: number) {
    this.name = name;
    this.#rule = rule;
    this.#order = new SmoothWeighted(maxFails);
  }

  pick(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    { nowMs }: SelectionRequest,
  ): Candidate | undefined {
    const recentPicks = this.#recentPicks.alignedWith(all);
    let best: Candidate | undefined;
    let bestPicks = 0;
    for (let i = 0; i < all.length; i++) {
      const candidate = all[i]!;
      this.#tied[i] = false;
      if (candidate.weight === 0 || !isEligible(candidate)) continue;
      const picks = recentPicks[i]!.total(nowMs);
      const order =
        best === undefined
          ? -1
          : compareLoad(this.#rule, candidate, best) || picks * best.weight - bestPicks * candidate.weight;
      if (order > 0) continue;
      if (order < 0) {
        this.#tied.fill(false, 0, i);
        best = candidate;
        bestPicks = picks;
      }
      this.#tied[i] = true;
    }
    const winner = this.#order.pick(all, this.#isTied);
    if (winner !== undefined) recentPicks[all.indexOf(winner)]!.add(nowMs);
    return winner;
  }

  onFailure(name: string): void {
    this.#order.onFailure(name);
  }
}
