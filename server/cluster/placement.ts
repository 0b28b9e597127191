/** How many replicas with how many threads each model gets on this machine. Pure. */

export interface PlacementRequest {
  readonly name: string;
  /** A number that was written down; undefined leaves it to Millrace. */
  readonly replicas: number | undefined;
  readonly threads: number | undefined;
  /** Between which numbers the autoscaler may move; undefined where the number is fixed. */
  readonly range?: ScalingRange | undefined;
}

export interface ScalingRange {
  readonly min: number;
  readonly max: number;
  /** Cores that replicas may use together: the physical ones without those that are kept free. */
  readonly usableCores: number;
}

export interface Placement {
  readonly name: string;
  /** To begin with. */
  readonly replicas: number;
  /** Threads inside one run. */
  readonly threads: number;
  /** Idle threads spin: right only for a replica that has the machine to itself, and a waste of cores otherwise. */
  readonly spinning: boolean;
  /** Set where the operator's own numbers exceed the cores: allowed, and said. */
  readonly warning: string | undefined;
}

/** So many copies should fit beside each other where a model may grow: fewer are steps too large to follow a load. */
const roomForCopies = 3;
/** More threads bring a run less than a copy of their own would bring all requests (docs/adr/0013). */
const maxChosenThreads = 4;

/**
 * One replica to begin with unless settings say otherwise. A model whose number is fixed has the cores divided among its
 * replicas; one that may grow gets so few threads that growth is possible. Numbers that Millrace chooses keep replicas ×
 * threads within the cores. Numbers that the operator wrote are obeyed.
 *
 * Several models share the cores: a model cannot know how busy the others will be, so threads are divided within a model and
 * never between models, and a model that has neither setting takes no more than its share.
 */
export function planPlacement(requests: readonly PlacementRequest[], cores: number): Placement[] {
  const share = Math.max(1, Math.floor(cores / Math.max(1, requests.length)));
  const placements = requests.map(({ name, replicas, threads, range }) => {
    const first = replicas ?? 1;
    const fitting = Math.max(1, Math.floor(Math.min(cores / first, share)));
    const chosen = threads ?? (canGrow(range) ? Math.min(share, growableThreads(range)) : fitting);
    const count = range === undefined ? first : startOf(range, chosen);
    const used = count * chosen;
    return {
      name,
      replicas: count,
      threads: chosen,
      isAlone: range === undefined ? first === 1 : mostOf(range, chosen) === 1,
      warning:
        used > cores
          ? `${name}: ${count} replica${count === 1 ? '' : 's'} with ${chosen} thread${chosen === 1 ? '' : 's'} need ${used} cores, this machine has ${cores}; they will wait for each other.`
          : undefined,
    };
  });
  return placements.map(({ isAlone, ...placement }) => ({
    ...placement,
    spinning: placements.length === 1 && isAlone && placement.threads > 1,
  }));
}

/** On two cores, one of them kept free, there is nowhere to grow to: one replica with all threads is the better use. */
function canGrow(range: ScalingRange | undefined): range is ScalingRange {
  return range !== undefined && range.max > 1 && range.usableCores >= 2;
}

/** 3 cores to use are 1 thread, 7 are 2, 15 are 4. */
function growableThreads({ usableCores, max }: ScalingRange): number {
  const copies = Math.min(max, roomForCopies);
  return Math.max(1, Math.min(maxChosenThreads, Math.floor(usableCores / copies)));
}

/** As many as the cores bear with so many threads; the first one always runs. */
function mostOf({ max, usableCores }: ScalingRange, threads: number): number {
  return Math.max(1, Math.min(max, Math.floor(usableCores / threads)));
}

function startOf(range: ScalingRange, threads: number): number {
  return Math.min(Math.max(1, range.min), mostOf(range, threads));
}
