/** Gets the next version of a model ready beside or in place of the one that answers: the effects of swap-plan.ts. */
import { MillraceError } from '../base/errors.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { Residency } from './residency.ts';
import type { ServedModel } from './served-model.ts';
import { planSwap } from './swap-plan.ts';
import type { SwapPlan } from './swap-plan.ts';

/** A start takes 0.1 s, a large model minutes; replica-set.ts gives up on each start long before. */
export const readyTimeoutMs = 900_000;

/**
 * Resolves when the replicas of `next` that fit are ready; both versions are locked in memory then. `onMode` hears how before
 * anything is done to `before`: with `pause`, requests must be held from then on. Throws `model-not-ready` where the memory budget
 * has no room, and why `next` does not start.
 */
export async function bringUpInPlaceOf(
  before: ServedModel,
  next: ServedModel,
  residency: Residency,
  onMode: (mode: SwapPlan['mode'], sentence: string | undefined) => void,
): Promise<void> {
  residency.lock(before, true);
  residency.lock(next, true);
  if (next.isFullyReady) return;
  const gentle = swapPlan(before, next, residency, false);
  const plan = gentle.mode === 'impossible' ? swapPlan(before, next, residency, true) : gentle;
  if (plan.mode === 'impossible') throw noRoom(next, residency);
  onMode(plan.mode, swapSentence(before, next, plan));
  if (plan.mode === 'rolling') before.load(plan.keepOld);
  if (plan.mode === 'pause') {
    before.unload();
    await before.whenUnloaded();
  }
  residency.want(next, 'urgent', plan.mode === 'surge' ? undefined : plan.startNew);
  await next.whenReady(AbortSignal.timeout(readyTimeoutMs));
}

function swapPlan(before: ServedModel, next: ServedModel, residency: Residency, mayDisturb: boolean): SwapPlan {
  const isBeforeLoaded = before.isLocal && before.residence === 'loaded';
  return planSwap({
    roomBytes: residency.roomBytes([before, next], mayDisturb),
    newReplicas: next.desiredReplicas,
    newReplicaBytes: residency.neededBytes(next, 1),
    oldReplicas: isBeforeLoaded ? before.wantedReplicas : 0,
    oldReplicaBytes: isBeforeLoaded ? residency.neededBytes(before, 1) : 0,
    budgetBytes: residency.budgetBytes,
  });
}

function swapSentence(before: ServedModel, next: ServedModel, plan: SwapPlan): string | undefined {
  const head = `Versions ${before.version} and ${next.version} of ${next.name} do not fit into the memory budget together`;
  if (plan.mode === 'pause') return `${head}: requests wait while one is exchanged for the other.`;
  if (plan.mode !== 'rolling') return undefined;
  return `${head}: ${plan.keepOld} of ${before.desiredReplicas} copies go on answering while the new version starts.`;
}

function noRoom(next: ServedModel, residency: Residency): MillraceError {
  return new MillraceError(
    'model-not-ready',
    `Version ${next.version} of ${next.name} needs about ${sizeText(residency.neededBytes(next, 1))} of memory, and the budget of ${sizeText(residency.budgetBytes)} has no room for it.`,
    { hint: 'Raise memoryBudgetBytes, or unload another model.' },
  );
}
