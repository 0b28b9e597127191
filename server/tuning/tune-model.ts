/** Tunes a model that lies on this machine, from its files to its saved setting: what `millrace tune` and the admin API call. */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { SampleRows } from '../loadtest/request-inputs.ts';
import type { TuneResult, TuneWish } from '../protocol/admin/tune-result.ts';
import { measureSetting } from './measure-setting.ts';
import { SettingFile } from './setting-file.ts';
import { TrialRepository } from './trial-repository.ts';
import { tune } from './tune-run.ts';

export interface TunedModel {
  /** Folder with the model's folder in it. */
  readonly modelsFolder: string;
  /** Undefined: the newest. */
  readonly version: string | undefined;
  readonly dataDirectory: string;
  readonly samples: SampleRows | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, done: number, total: number) => void;
}

/** Errors: `unknown-model`, `storage-failed`, `model-load-failed`. An abort changes nothing. */
export async function tuneModel({ model, goal, budgetMs, save }: TuneWish, files: TunedModel): Promise<TuneResult> {
  const { modelsFolder, version, dataDirectory, samples, signal, onProgress } = files;
  await using repository = await TrialRepository.open(model, modelsFolder, version, dataDirectory);
  const cores = availableParallelism();
  try {
    const tuned = await tune({
      model,
      goal,
      budgetMs,
      cores,
      signal,
      onProgress,
      measure: (setting, loadMs, aborted) =>
        measureSetting({ model, repository, samples, cores }, setting, loadMs, aborted),
    });
    const isChange = Object.keys(tuned.pick).length > 0;
    if (save && isChange) await new SettingFile(model, join(modelsFolder, model), dataDirectory).save(tuned.pick);
    return { ...tuned, saved: save && isChange };
  } finally {
    await rm(`${repository.folder}-data`, { recursive: true, force: true });
  }
}
