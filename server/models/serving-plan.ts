/**
 * What should run of one model, from what is wanted, what is there and what runs: pure. deployment.ts carries it out.
 */
import type { VersionPolicy } from './model-config.ts';
import { byNumber } from './model-store.ts';
import type { ServingWishes } from './serving.ts';

export interface PresentVersion {
  readonly version: string;
  /** Apps of the served version may fail with this one: it takes no place by itself. */
  readonly isBreaking: boolean;
}

export interface ServingPlan {
  /** The version that answers requests which name none; undefined where none is there. */
  readonly served: string | undefined;
  /** Share of those requests, by version: whole positive weights; one entry of `served` where nothing is split. */
  readonly weights: ReadonlyMap<string, number>;
  readonly shadow: string | undefined;
  /** All versions with a route and processes of their own, ascending. */
  readonly running: readonly string[];
  /** In `running` and not in service yet. */
  readonly start: readonly string[];
  /** In service and not in `running`. */
  readonly drain: readonly string[];
  /** What was wanted and cannot be, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * `present` are the versions that can be served; `current` those in service. Whatever is wanted, a model with a version
 * present has one that answers: a wish for a version that is gone falls back to the one before it, then to the newest.
 * The version policy adds routes and never takes the served one away.
 */
export function planServing(
  wishes: ServingWishes,
  policy: VersionPolicy | undefined,
  present: readonly PresentVersion[],
  current: readonly string[],
): ServingPlan {
  const notes: string[] = [];
  const there = present.map(({ version }) => version).toSorted(byNumber);
  const has = (version: string): boolean => there.includes(version);
  const served = servedOf(wishes, policy, present, notes);
  const weights = new Map<string, number>();
  for (const [version, weight] of Object.entries(wishes.traffic ?? {})) {
    if (has(version) && weight > 0) weights.set(version, weight);
    else if (weight > 0) notes.push(`Version ${version} is not there; its share goes to the others.`);
  }
  if (weights.size === 0 && served !== undefined) weights.set(served, 1);
  const isShadow = wishes.shadow !== undefined && has(wishes.shadow) && wishes.shadow !== served;
  if (wishes.shadow !== undefined && !has(wishes.shadow))
    notes.push(`Version ${wishes.shadow}, the shadow, is not there.`);
  const shadow = isShadow && !weights.has(wishes.shadow!) ? wishes.shadow : undefined;
  const running = [
    ...new Set([...routed(wishes.policy ?? policy, there), ...weights.keys(), served ?? [], shadow ?? []].flat()),
  ].toSorted(byNumber);
  return {
    served,
    weights,
    shadow,
    running,
    start: running.filter((version) => !current.includes(version)),
    drain: current.filter((version) => !running.includes(version)),
    notes,
  };
}

function servedOf(
  wishes: ServingWishes,
  policy: VersionPolicy | undefined,
  present: readonly PresentVersion[],
  notes: string[],
): string | undefined {
  const there = present.map(({ version }) => version).toSorted(byNumber);
  const newest = candidates(wishes.policy ?? policy, there).at(-1) ?? there.at(-1);
  const { served, seen, isPinned } = wishes;
  if (served === undefined || newest === undefined) return newest;
  if (!there.includes(served)) {
    const before = wishes.previous.find((version) => there.includes(version)) ?? newest;
    notes.push(`Version ${served}${isPinned ? ', which is pinned,' : ''} is not there; version ${before} answers.`);
    return before;
  }
  if (isPinned || !isNewer(newest, seen ?? served) || !isNewer(newest, served)) return served;
  if (!present.find(({ version }) => version === newest)!.isBreaking) return newest;
  notes.push(
    `Version ${newest} changes what apps send or get, so it is not served by itself; version ${served} answers.`,
  );
  return served;
}

function isNewer(version: string, than: string): boolean {
  return version !== than && byNumber(version, than) > 0;
}

/** Triton: a list of versions excludes the others from being the latest. */
function candidates(policy: VersionPolicy | undefined, there: readonly string[]): readonly string[] {
  return typeof policy === 'object' && 'specific' in policy
    ? there.filter((version) => policy.specific.includes(version))
    : there;
}

/** Versions with a route because the policy says so; Triton's default, the latest one, is the served one here. */
function routed(policy: VersionPolicy | undefined, there: readonly string[]): readonly string[] {
  if (policy === undefined) return [];
  if (policy === 'all') return there;
  if ('specific' in policy) return there.filter((version) => policy.specific.includes(version));
  return policy.latest === 1 ? [] : there.slice(-policy.latest);
}
