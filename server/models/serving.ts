/**
 * serving.json: what a person wants served of one model: which version answers, which ones share its traffic, where rollback
 * leads. It is data beside the versions, so that it survives a restart and can be changed while no host runs. Pure; the file
 * itself is serving-file.ts, and what follows from the wishes is serving-plan.ts.
 */
import type { VersionPolicy } from './model-config.ts';

export interface ServingWishes {
  /** The version that answers requests which name none; undefined: the newest. */
  readonly served: string | undefined;
  /**
   * The highest version that was there when `served` was chosen. A higher one takes its place by itself, unless pinned: it is
   * news. One that was there already is not, or every restart would undo a rollback.
   */
  readonly seen: string | undefined;
  /** No newer version takes the place of `served` by itself. */
  readonly isPinned: boolean;
  /** What was served before, latest first, at most `maxPrevious`: where a rollback leads. */
  readonly previous: readonly string[];
  /** Weights by version of the requests that name none; undefined: all to `served`. */
  readonly traffic: Readonly<Record<string, number>> | undefined;
  /** Receives copies of requests; its answers are compared and thrown away. */
  readonly shadow: string | undefined;
  /** Which versions have a route of their own; undefined: as config.pbtxt says, else `served` alone. */
  readonly policy: VersionPolicy | undefined;
}

/** Where nothing has been said: the newest is served. */
export const noWishes: ServingWishes = {
  served: undefined,
  seen: undefined,
  isPinned: false,
  previous: [],
  traffic: undefined,
  shadow: undefined,
  policy: undefined,
};

/** Further back nobody rolls. */
export const maxPrevious = 10;
/** More versions than this do not share the traffic of one model: each has processes of its own. */
export const maxSplit = 8;
export const maxWeight = 1000;

const versionRule = /^[1-9][0-9]{0,17}$/;

/**
 * The wishes in a text; what is missing or cannot be read is as if nothing had been said about it. A file that a person has
 * damaged must not take a model out of service: `faults` says what was passed over.
 */
export function parseWishes(text: string | undefined): { wishes: ServingWishes; faults: string[] } {
  if (text === undefined) return { wishes: noWishes, faults: [] };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wishes: noWishes, faults: ['is not valid JSON'] };
  }
  if (!isRecord(raw)) return { wishes: noWishes, faults: ['is no JSON object'] };
  const faults: string[] = [];
  const member = <T>(name: string, read: (value: unknown) => T | undefined): T | undefined => {
    const value = raw[name];
    if (value === undefined) return undefined;
    const known = read(value);
    if (known === undefined) faults.push(`has a "${name}" that cannot be used`);
    return known;
  };
  const wishes = {
    served: member('served', versionOf),
    seen: member('seen', versionOf),
    isPinned: member('pinned', (value) => (typeof value === 'boolean' ? value : undefined)) ?? false,
    previous: member('previous', versionsOf)?.slice(0, maxPrevious) ?? [],
    traffic: member('traffic', weightsOf),
    shadow: member('shadow', versionOf),
    policy: member('policy', policyOf),
  };
  return { wishes, faults };
}

export function wishesText(wishes: ServingWishes): string {
  const { served, seen, isPinned, previous, traffic, shadow, policy } = wishes;
  return `${JSON.stringify({ format: 1, served, seen, pinned: isPinned, previous, traffic, shadow, policy }, undefined, 2)}\n`;
}

/** The wishes once `version` answers in place of `from`: the split and the shadow were made for another pair, and end. */
export function promoted(
  wishes: ServingWishes,
  from: string | undefined,
  version: string,
  newest: string,
): ServingWishes {
  const history = [from, ...wishes.previous].filter((each) => each !== undefined && each !== version) as string[];
  return {
    ...wishes,
    served: version,
    seen: newest,
    previous: [...new Set(history)].slice(0, maxPrevious),
    traffic: undefined,
    shadow: undefined,
  };
}

/** The wishes once `to` answers again in place of `from`, which is not where the next rollback leads. */
export function rolledBack(wishes: ServingWishes, from: string, to: string, newest: string): ServingWishes {
  const previous = wishes.previous.slice(wishes.previous.indexOf(to) + 1).filter((each) => each !== from);
  return { ...wishes, served: to, seen: newest, previous, traffic: undefined, shadow: undefined };
}

/** The wishes where `served` is what nobody had to say so far. */
export function promotedBefore(wishes: ServingWishes, served: string): ServingWishes {
  return { ...wishes, served, seen: served };
}

/** The wishes where a version is to go: nothing leads to it any more. `served` is not that version. */
export function without(wishes: ServingWishes, version: string): ServingWishes {
  const traffic = Object.entries(wishes.traffic ?? {}).filter(([each]) => each !== version);
  return {
    ...wishes,
    previous: wishes.previous.filter((each) => each !== version),
    traffic: traffic.some(([, weight]) => weight > 0) ? Object.fromEntries(traffic) : undefined,
    shadow: wishes.shadow === version ? undefined : wishes.shadow,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' && versionRule.test(value) ? value : undefined;
}

function versionsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const versions = value.map(versionOf);
  return versions.includes(undefined) ? undefined : (versions as string[]);
}

function weightsOf(value: unknown): Record<string, number> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  const isGood = entries.every(
    ([version, weight]) =>
      versionRule.test(version) && typeof weight === 'number' && weight >= 0 && weight <= maxWeight,
  );
  const sum = entries.reduce((total, [, weight]) => total + Number(weight), 0);
  return isGood && entries.length <= maxSplit && sum > 0 ? (value as Record<string, number>) : undefined;
}

function policyOf(value: unknown): VersionPolicy | undefined {
  if (value === 'all') return value;
  if (!isRecord(value)) return undefined;
  if (Number.isInteger(value['latest']) && Number(value['latest']) >= 1) return { latest: Number(value['latest']) };
  const specific = versionsOf(value['specific']);
  return specific === undefined || specific.length === 0 ? undefined : { specific };
}
