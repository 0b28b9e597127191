/** How many replicas with how many threads each model gets on this machine. Pure. */

export interface PlacementRequest {
  readonly name: string;
  /** Undefined leaves it to Millrace. */
  readonly replicas: number | undefined;
  readonly threads: number | undefined;
}

export interface Placement {
  readonly name: string;
  readonly replicas: number;
  /** Threads inside one run. */
  readonly threads: number;
  /** Idle threads spin: right only for a replica that has the machine to itself, and a waste of cores otherwise. */
  readonly spinning: boolean;
  /** Set where the operator's own numbers exceed the cores: allowed, and said. */
  readonly warning: string | undefined;
}

/**
 * One replica with one thread unless settings say otherwise; where only the replicas are given, the cores are divided among
 * them. Numbers that Millrace chooses keep replicas × threads within the cores. Numbers that the operator wrote are obeyed.
 *
 * Several models share the cores: a model cannot know how busy the others will be, so threads are divided within a model and
 * never between models, and a model that has neither setting takes no more than its share.
 */
export function planPlacement(requests: readonly PlacementRequest[], cores: number): Placement[] {
  const share = Math.max(1, Math.floor(cores / Math.max(1, requests.length)));
  const placements = requests.map(({ name, replicas = 1, threads }) => {
    const fitting = Math.max(1, Math.floor(Math.min(cores / replicas, Math.max(share, 1))));
    const chosen = threads ?? fitting;
    const used = replicas * chosen;
    return {
      name,
      replicas,
      threads: chosen,
      warning:
        used > cores
          ? `${name}: ${replicas} replica${replicas === 1 ? '' : 's'} with ${chosen} thread${chosen === 1 ? '' : 's'} need ${used} cores, this machine has ${cores}; they will wait for each other.`
          : undefined,
    };
  });
  const alone = placements.length === 1 && placements[0]!.replicas === 1;
  return placements.map((placement) => ({ ...placement, spinning: alone && placement.threads > 1 }));
}
