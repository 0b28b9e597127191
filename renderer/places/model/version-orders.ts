/** What can be ordered for a version of a model, with the request and the command of each. Pure. */
import type { ServingView } from '../../../server/protocol/admin/model-command.ts';

export type VersionOrder = 'promote' | 'pin' | 'unpin' | 'shadow' | 'shadow-off' | 'remove';

/** What makes sense for the version as things are, the likeliest first. */
export function ordersFor(version: string, serving: ServingView): VersionOrder[] {
  const isServed = version === serving.served;
  const isShadow = serving.shadow?.version === version;
  const orders: VersionOrder[] = [];
  if (!isServed) orders.push('promote');
  if (isShadow) orders.push('shadow-off');
  else if (!isServed) orders.push('shadow');
  if (isServed) orders.push(serving.isPinned ? 'unpin' : 'pin');
  // The version that answers is taken out with the model, not by itself.
  if (!isServed) orders.push('remove');
  return orders;
}

export interface OrderRequest {
  /** Below `/models/{name}/`. */
  readonly verb: string;
  readonly body: unknown;
  readonly command: string;
}

export function orderRequest(order: VersionOrder, model: string, version: string): OrderRequest {
  const command = (words: string): string => `npx millrace models ${words}`;
  switch (order) {
    case 'promote':
      return { verb: 'promote', body: { version }, command: command(`promote ${model} ${version}`) };
    case 'pin':
      return { verb: 'pin', body: { version }, command: command(`pin ${model} ${version}`) };
    case 'unpin':
      return { verb: 'unpin', body: {}, command: command(`unpin ${model}`) };
    case 'shadow':
      return { verb: 'shadow', body: { version }, command: command(`shadow ${model} ${version}`) };
    case 'shadow-off':
      return { verb: 'shadow', body: { version: null }, command: command(`shadow ${model} --off`) };
    case 'remove':
      return { verb: 'remove', body: { version }, command: command(`remove ${model} --version ${version}`) };
  }
}

/** Every stored version, newest first, running or not. */
export function storedVersions(serving: ServingView | undefined, running: readonly string[]): string[] {
  const all = new Set([...running, ...(serving?.stored.map(({ version }) => version) ?? [])]);
  return [...all].toSorted((a, b) => Number(b) - Number(a));
}

/** Weights that a person typed, by version; undefined where they cannot be meant. */
export function parseWeights(texts: Readonly<Record<string, string>>): Record<string, number> | undefined {
  const entries = Object.entries(texts).map(
    ([version, text]) => [version, Number(text.trim() === '' ? 0 : text)] as const,
  );
  if (entries.some(([, weight]) => !Number.isFinite(weight) || weight < 0 || weight > 1000)) return undefined;
  const given = entries.filter(([, weight]) => weight > 0);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
