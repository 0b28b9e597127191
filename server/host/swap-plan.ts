/** How the new version of a model gets its memory: beside the old one, in place of a part of it, or in place of all of it. Pure. */

export interface SwapFacts {
  /** Memory that the new version may have without touching the old one. */
  readonly roomBytes: number;
  readonly newReplicas: number;
  readonly newReplicaBytes: number;
  /** Of the old version that are loaded. */
  readonly oldReplicas: number;
  readonly oldReplicaBytes: number;
  /** The budget for all models. */
  readonly budgetBytes: number;
}

export type SwapPlan =
  /** All of the new version is loaded beside the old one. */
  | { readonly mode: 'surge' }
  /** `keepOld` replicas go on answering, at least one, while `startNew` start. */
  | { readonly mode: 'rolling'; readonly keepOld: number; readonly startNew: number }
  /** The old version has to go first; requests wait in the queue meanwhile. */
  | { readonly mode: 'pause'; readonly startNew: number }
  | { readonly mode: 'impossible' };

/** Prefers what disturbs least: two versions at once, then as many old replicas as leave room for one new, then a pause. */
export function planSwap(facts: SwapFacts): SwapPlan {
  const { roomBytes, newReplicas, newReplicaBytes, oldReplicas, oldReplicaBytes, budgetBytes } = facts;
  if (newReplicas * newReplicaBytes <= roomBytes) return { mode: 'surge' };
  const fitting = (keepOld: number): number =>
    Math.min(newReplicas, Math.floor((roomBytes + (oldReplicas - keepOld) * oldReplicaBytes) / newReplicaBytes));
  for (let keepOld = oldReplicas; keepOld >= 1; keepOld--) {
    if (fitting(keepOld) >= 1) return { mode: 'rolling', keepOld, startNew: fitting(keepOld) };
  }
  if (oldReplicas > 0 && fitting(0) >= 1 && newReplicaBytes <= budgetBytes) {
    return { mode: 'pause', startNew: fitting(0) };
  }
  return { mode: 'impossible' };
}
