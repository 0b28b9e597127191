/** What commands about models check, and how they say yes and no. */
import { MillraceError } from '../base/errors.ts';
import { byNumber, isVersion } from '../models/model-store.ts';
import { maxSplit, maxWeight } from '../models/serving.ts';
import type { Deployment } from './deployment.ts';
import type { LibraryModel } from './model-library.ts';

export function runningOf(deployment: Deployment): string[] {
  return deployment.versions.filter(({ isLocal }) => isLocal).map(({ version }) => version);
}

export function newest(model: LibraryModel): string {
  return (
    model.entry.versions
      .map(({ version }) => version)
      .toSorted(byNumber)
      .at(-1) ?? '1'
  );
}

export function requirePresent(model: LibraryModel, version: string): void {
  const versions = model.entry.versions.map((each) => each.version);
  if (isVersion(version) && versions.includes(version)) return;
  throw new MillraceError('unknown-version', `Model '${model.name}' has no version ${version.slice(0, 20)}.`, {
    hint: `It has: ${versions.join(', ') || 'none'}.`,
  });
}

export function checkWeights(model: LibraryModel, weights: Readonly<Record<string, number>>): void {
  for (const version of Object.keys(weights)) requirePresent(model, version);
  const values = Object.values(weights);
  const isGood = values.every((weight) => Number.isFinite(weight) && weight >= 0 && weight <= maxWeight);
  if (isGood && values.length <= maxSplit && values.some((weight) => weight > 0)) return;
  throw new MillraceError(
    'invalid-request',
    `Traffic is split among 1 to ${maxSplit} versions by weights from 0 to ${maxWeight}, one of them above 0.`,
  );
}

export function trafficSentence(
  name: string,
  served: string,
  weights: Readonly<Record<string, number>> | undefined,
): string {
  if (weights === undefined) return `All requests for ${name} go to version ${served} again.`;
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const shares = Object.entries(weights).map(
    ([version, weight]) => `${Math.round((100 * weight) / total)} % to version ${version}`,
  );
  return `Requests for ${name} are split: ${shares.join(', ')}.`;
}

export function unknownModel(name: string): MillraceError {
  return new MillraceError('unknown-model', `Request for unknown model: '${name}' is not found`);
}

export function notStored(name: string): MillraceError {
  return new MillraceError('unsupported', `${name} is not in the store of this host, so it is not removed.`, {
    hint: 'Delete its folder yourself, then run `millrace models refresh`.',
  });
}
