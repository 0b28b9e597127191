/**
 * Lets a version that is about to come wait in the store: it is noted as seen in the model's serving.json, so that no host takes it
 * for news and serves it by itself. A model that is new has nothing that could be replaced, and is served.
 */
import { join } from 'node:path';
import { byNumber } from '../models/model-store.ts';
import type { ModelStore } from '../models/model-store.ts';
import { readWishes, writeWishes } from '../models/serving-file.ts';

/** Idempotent. Whoever promotes the version later finds everything else as it was. */
export async function holdVersion(store: ModelStore, model: string, version: string): Promise<void> {
  const present = await store.versions(model);
  if (present.length === 0 || present.includes(version)) return;
  const folder = join(store.modelsFolder, model);
  const { wishes } = await readWishes(folder);
  const served = wishes.served ?? present.at(-1);
  const seen = [wishes.seen ?? served!, version].sort(byNumber).at(-1);
  await writeWishes(folder, { ...wishes, served, seen });
}
