/**
 * How several models divide one machine: everybody's minimum first, then what they want by priority and evenly among equals,
 * then the rest evenly, so that a model whose load rises has room before anybody has reckoned again.
 *
 * Pure. A model's share is a ceiling for its own controller; it is what a model may have, not what it must use.
 */

export interface Capacity {
  /** Cores for all replicas together; undefined sets no limit. */
  readonly cores: number | undefined;
  readonly bytes: number | undefined;
}

export interface Claim {
  readonly name: string;
  /** Replicas that its metrics want. */
  readonly wanted: number;
  readonly min: number;
  /** Higher ones are served first, beyond the minimums. */
  readonly priority: number;
  /** What one replica takes. */
  readonly threads: number;
  readonly bytes: number;
}

/** Where neither cores nor memory set a limit. */
const mostReplicas = 1000;

/**
 * Replicas for each model by name. Together they fit into the memory, and beyond the first of each model into the cores: two
 * models on one core take turns, they do not go unserved. Equal claims are served in the order of their names, so the order
 * of the list changes nothing.
 */
export function shareCapacity(capacity: Capacity, claims: readonly Claim[]): Map<string, number> {
  const granted = new Map(claims.map(({ name }) => [name, 0]));
  const left = { cores: capacity.cores ?? Number.POSITIVE_INFINITY, bytes: capacity.bytes ?? Number.POSITIVE_INFINITY };
  const has = ({ name }: Claim): number => granted.get(name)!;
  const fits = (claim: Claim, mayShareCores: boolean): boolean =>
    claim.bytes <= left.bytes && (claim.threads <= left.cores || mayShareCores);

  /** Gives one replica at a time to whoever has the fewest cores, until nobody wants more or nothing fits. */
  const fill = (round: readonly Claim[], upTo: (claim: Claim) => number, mayShareCores = false): void => {
    for (;;) {
      const next = round
        .filter((claim) => has(claim) < upTo(claim) && fits(claim, mayShareCores))
        .reduce<Claim | undefined>(
          (best, claim) => (best === undefined || cores(claim) < cores(best) ? claim : best),
          undefined,
        );
      if (next === undefined) return;
      granted.set(next.name, has(next) + 1);
      left.cores -= next.threads;
      left.bytes -= next.bytes;
    }
  };
  const cores = (claim: Claim): number => has(claim) * claim.threads;

  const byName = claims.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const priorities = [...new Set(claims.map(({ priority }) => priority))].toSorted((a, b) => b - a);
  const tiers = priorities.map((priority) => byName.filter((claim) => claim.priority === priority));
  for (const tier of tiers) fill(tier, ({ min }) => Math.min(1, min), true);
  for (const tier of tiers) fill(tier, ({ min }) => min);
  for (const tier of tiers) fill(tier, ({ wanted }) => Math.min(1, wanted), true);
  for (const tier of tiers) fill(tier, ({ min, wanted }) => Math.max(min, wanted));
  fill(byName, () => mostReplicas);
  return granted;
}
