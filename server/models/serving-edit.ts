/** Changes of what is to be served while no host runs: serving.json alone. The next start carries them out. */
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { ModelStore } from './model-store.ts';
import { readWishes, writeWishes } from './serving-file.ts';
import { planServing } from './serving-plan.ts';
import type { ServingWishes } from './serving.ts';
import { diffSignatures } from './signature-diff.ts';
import type { SignatureChange } from './signature-diff.ts';

export interface StoredServing {
  readonly name: string;
  /** Ascending. */
  readonly versions: readonly string[];
  readonly newest: string;
  /** The version that a host would serve. */
  readonly served: string;
  readonly wishes: ServingWishes;
}

/** Throws `unknown-model`, and `unknown-version` where `version` is given and not there. */
export async function readServing(store: ModelStore, name: string, version?: string): Promise<StoredServing> {
  const found = await store.find(name);
  if (version !== undefined) await store.find(name, version);
  const { wishes } = await readWishes(join(store.modelsFolder, found.name));
  const from = wishes.served;
  const present = await Promise.all(
    found.versions.map(async (each) => ({
      version: each,
      isBreaking:
        from !== undefined && (await changesBetween(store, found.name, from, each)).some(({ breaking }) => breaking),
    })),
  );
  const newest = found.versions.at(-1)!;
  const served = planServing(wishes, undefined, present, []).served ?? newest;
  return { name: found.name, versions: found.versions, newest, served, wishes };
}

/** What changes for apps; empty where a record does not say. */
export async function changesBetween(
  store: ModelStore,
  name: string,
  from: string,
  to: string,
): Promise<readonly SignatureChange[]> {
  const [before, after] = await Promise.all([store.record(name, from), store.record(name, to)]);
  if (from === to || before === undefined || after === undefined) return [];
  return diffSignatures(before.trial.signature, after.trial.signature);
}

/** Throws `storage-failed`. */
export async function writeServing(store: ModelStore, name: string, wishes: ServingWishes): Promise<void> {
  try {
    await writeWishes(join(store.modelsFolder, name), wishes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new MillraceError('storage-failed', `What is to be served of ${name} cannot be written (${code}).`, {
      hint: 'Look at the permissions of the data folder and the free space.',
      cause: error,
    });
  }
}

/** Throws `breaking-change` where apps of `from` may fail with `to`. */
export function refuseBreaking(name: string, from: string, to: string, changes: readonly SignatureChange[]): void {
  const list = changes.filter(({ breaking }) => breaking).map(({ text }) => text);
  if (list.length === 0) return;
  throw new MillraceError(
    'breaking-change',
    `Apps that call version ${from} of ${name} may fail with version ${to}: ${list.join('; ')}.`,
    { hint: 'Add --force if the apps are ready for it.', details: { from, to, changes } },
  );
}
