/**
 * The table of selection policies: name → how to make one.
 *
 * All of them only decide *which free slot* takes a request that is already at the head of the queue. Adding one is a
 * line here, a member of PolicyName, and the suite of selection-policies.test.ts, which every row runs.
 */

import type { PolicyName, SelectionPolicy } from './candidate.ts';
import { CheapTogether } from './cheap-together.ts';
import { IpHash } from './ip-hash.ts';
import { LeastLoaded, type LoadRule } from './least-loaded.ts';
import { Rendezvous } from './rendezvous.ts';
import { SmoothWeighted } from './smooth-weighted.ts';
import { TwoChoices } from './two-choices.ts';

export interface SelectionOptions {
  /** Numbers in [0, 1) for `random`. Default Math.random. */
  readonly random?: () => number;
  /** What `least-connections` compares. Default `nginx`, whose directive people know it from; `auto` always uses `sed`. */
  readonly leastConnectionsRule?: LoadRule;
  /** A failed try costs a candidate weight / maxFails of its share for a while; 0 costs nothing. Default 1, as in nginx. */
  readonly maxFails?: number;
  /** Bound of the `session` policy; 0 for none. Default 1.25. */
  readonly boundedLoadFactor?: number;
}

const factories = {
  auto: ({ maxFails }) => new CheapTogether(maxFails),
  'round-robin': ({ maxFails }) => new SmoothWeighted(maxFails),
  'least-connections': ({ leastConnectionsRule = 'nginx', maxFails }) =>
    new LeastLoaded('least-connections', leastConnectionsRule, maxFails),
  'ip-hash': ({ maxFails }) => new IpHash(maxFails),
  session: ({ boundedLoadFactor, maxFails }) => new Rendezvous(boundedLoadFactor, maxFails),
  random: ({ random }) => new TwoChoices(random),
} satisfies Record<PolicyName, (options: SelectionOptions) => SelectionPolicy>;

/** Every policy, in the order in which a person should be offered them. */
export const policyNames = Object.keys(factories) as readonly PolicyName[];

/** A new policy for one replica set. */
export function createSelectionPolicy(name: PolicyName, options: SelectionOptions = {}): SelectionPolicy {
  return factories[name](options);
}
