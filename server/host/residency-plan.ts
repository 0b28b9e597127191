/**
 * Which model versions are loaded and unloaded now, under one memory budget: pure. residency.ts measures and obeys.
 *
 * Memory is counted where it is: a version takes its estimate from the order to load, what its processes really take once that
 * is more, and gives nothing back before the last of them has gone. So the sum never passes the budget because of a plan.
 */

import type { LoadMode } from '../models/manifest.ts';

export interface VersionMemory {
  readonly id: string;
  readonly mode: LoadMode;
  readonly residence: 'unloaded' | 'loaded' | 'unloading';
  /** What it takes now; for a version that loads, at least what it is expected to take. 0 where nothing of it is loaded. */
  readonly bytes: number;
  /** What loading it is expected to take. */
  readonly neededBytes: number;
  /** Since when somebody waits for it to be loaded; undefined where nobody does. */
  readonly wantedSinceMs: number | undefined;
  /** It goes before all others that are wanted: a swap waits for it. */
  readonly isUrgent: boolean;
  /** Nobody waits for an answer: it is loaded where there is room, and nothing makes room for it. */
  readonly isPatient: boolean;
  /** In the middle of a swap, or answering its last requests: not to be touched. */
  readonly isLocked: boolean;
  /** It has requests that are not answered. */
  readonly isBusy: boolean;
  readonly lastUsedMs: number;
  /** Since when it can answer; undefined while it is loading. */
  readonly readySinceMs: number | undefined;
  /** Unloaded after so long without a request; undefined: only to make room. */
  readonly keepAliveMs: number | undefined;
}

export interface ResidencyPlan {
  readonly load: readonly string[];
  readonly unload: readonly string[];
  /** Wanted, and larger than the whole budget: they will never be loaded under it. */
  readonly tooLarge: readonly string[];
}

/**
 * A busy version makes room too, once somebody has waited this long: 1 s. Otherwise five models under steady load would shut the
 * sixth out for ever. Its own waiting requests keep their places, and it comes back in its turn.
 */
export const fairAfterMs = 1000;
/**
 * And only after it has been ready as long, so that each turn answers more than it costs. A start takes 0.1 s on an idle machine and
 * seconds on a busy one: a version that could be sent away before it was ready would never answer, and nor would any other.
 */
export const minTurnMs = 1000;

export function planResidency(versions: readonly VersionMemory[], budgetBytes: number, nowMs: number): ResidencyPlan {
  const load: string[] = [];
  const unload = new Set<string>();
  const tooLarge: string[] = [];
  const usedBytes = sum(versions.filter(({ residence }) => residence !== 'unloaded'));
  const loaded = versions.filter(({ residence, isLocked }) => residence === 'loaded' && !isLocked);
  for (const version of loaded) {
    if (isExpired(version, nowMs)) unload.add(version.id);
  }
  // What has grown beyond the budget since it was loaded.
  const leavingBytes = (): number =>
    sum(versions.filter(({ id, residence }) => residence === 'unloading' || unload.has(id)));
  const evictable = loaded
    .filter(({ mode, wantedSinceMs }) => mode !== 'always' && wantedSinceMs === undefined)
    .toSorted(firstToGo);
  for (const victim of evictable) {
    if (usedBytes - leavingBytes() <= budgetBytes) break;
    unload.add(victim.id);
  }

  /** Promised to those that come before, in the order in which they began to wait. */
  let promisedBytes = 0;
  const waiting = versions
    .filter(({ residence, wantedSinceMs }) => residence === 'unloaded' && wantedSinceMs !== undefined)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.wantedSinceMs! - b.wantedSinceMs!);
  for (const version of waiting) {
    const { id, neededBytes, wantedSinceMs, isUrgent, isPatient } = version;
    if (neededBytes > budgetBytes) {
      tooLarge.push(id);
      continue;
    }
    if (usedBytes + promisedBytes + neededBytes <= budgetBytes) {
      load.push(id);
      promisedBytes += neededBytes;
      continue;
    }
    if (isPatient) continue;
    const missingBytes = usedBytes - leavingBytes() + promisedBytes + neededBytes - budgetBytes;
    const mayDisturb = isUrgent || nowMs - wantedSinceMs! >= fairAfterMs;
    const victims = victimsFor(missingBytes, evictable, unload, mayDisturb, nowMs);
    // Who comes later may not take what this one waits for.
    promisedBytes += neededBytes;
    if (victims === undefined) continue;
    for (const victim of victims) unload.add(victim.id);
  }
  return { load, unload: [...unload], tooLarge };
}

/** Enough of them to make up for the missing bytes, and no more than needed; undefined where all together are too little. */
function victimsFor(
  missingBytes: number,
  evictable: readonly VersionMemory[],
  gone: ReadonlySet<string>,
  mayDisturb: boolean,
  nowMs: number,
): readonly VersionMemory[] | undefined {
  const victims: VersionMemory[] = [];
  let freedBytes = 0;
  for (const victim of evictable) {
    if (freedBytes >= missingBytes) break;
    const hasHadItsTurn = mayDisturb && nowMs - (victim.readySinceMs ?? nowMs) >= minTurnMs;
    if (gone.has(victim.id) || (victim.isBusy && !hasHadItsTurn)) continue;
    victims.push(victim);
    freedBytes += victim.bytes;
  }
  return freedBytes >= missingBytes ? victims : undefined;
}

function rankOf({ isUrgent, isPatient }: VersionMemory): number {
  return isUrgent ? 0 : isPatient ? 2 : 1;
}

function isExpired(version: VersionMemory, nowMs: number): boolean {
  const { mode, isBusy, wantedSinceMs, keepAliveMs, lastUsedMs, readySinceMs } = version;
  if (mode !== 'on-demand' || isBusy || wantedSinceMs !== undefined || keepAliveMs === undefined) return false;
  return readySinceMs !== undefined && nowMs - Math.max(lastUsedMs, readySinceMs) >= keepAliveMs;
}

/** Idle before busy, on demand before those of the start, then least recently used; of busy ones the longest loaded. */
function firstToGo(a: VersionMemory, b: VersionMemory): number {
  if (a.isBusy !== b.isBusy) return Number(a.isBusy) - Number(b.isBusy);
  if (a.mode !== b.mode) return a.mode === 'on-demand' ? -1 : 1;
  return a.isBusy ? (a.readySinceMs ?? Infinity) - (b.readySinceMs ?? Infinity) || 0 : a.lastUsedMs - b.lastUsedMs;
}

function sum(versions: readonly VersionMemory[]): number {
  return versions.reduce((total, { bytes }) => total + bytes, 0);
}
