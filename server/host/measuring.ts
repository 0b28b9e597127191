/** What the admin API's measuring routes do: devices, load tests and tunings of this host's models. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasuringParts } from '../admin/measuring-routes.ts';
import type { DeviceBook } from '../cluster/device-book.ts';
import { htmlReport } from '../loadtest/html-report.ts';
import { runLoadProcess } from '../loadtest/load-process.ts';
import type { SampleRows } from '../loadtest/request-inputs.ts';
import { parseModelName } from '../models/model-name.ts';
import { parseSamples, plainInputs } from '../models/samples.ts';
import { SettingFile } from '../tuning/setting-file.ts';
import { tuneModel } from '../tuning/tune-model.ts';
import { version } from '../version.ts';
import { deviceReport } from './device-report.ts';

export interface MeasuredHost {
  readonly book: DeviceBook;
  readonly modelsFolder: string;
  readonly dataDirectory: string;
  /** The version that answers requests which name none. */
  servedVersion(model: string): string | undefined;
  /** Serves the model with the settings that its files have now, once a copy with them is ready. */
  reload(model: string): Promise<void>;
}

export function measuringOf(host: MeasuredHost): Omit<MeasuringParts, 'jobs' | 'inferenceUrl' | 'inferenceKey'> {
  const { book, modelsFolder, dataDirectory } = host;
  return {
    // A client that leaves does not end a probe: others wait for the same one.
    devices: (fresh) => deviceReport(book, { fresh }),
    bench: async (plan, signal, onProgress) =>
      runLoadProcess(plan, { samples: await samplesOf(modelsFolder, plan.model), signal, onProgress }),
    benchReport: (result) => htmlReport(result, `Millrace ${version}`),
    tune: async (wish, signal, onProgress) => {
      const model = parseModelName(wish.model);
      const samples = await samplesOf(modelsFolder, model);
      const version = host.servedVersion(model);
      const result = await tuneModel(wish, { modelsFolder, version, dataDirectory, samples, signal, onProgress });
      if (result.saved) await host.reload(model);
      return result;
    },
    undoTuning: async (model) => {
      const name = parseModelName(model);
      const setting = await new SettingFile(model, join(modelsFolder, name), dataDirectory).undo();
      await host.reload(name);
      return setting;
    },
  };
}

/** Undefined where there are none that can be read: then inputs are made up. */
async function samplesOf(modelsFolder: string, model: string): Promise<SampleRows | undefined> {
  try {
    return plainInputs(parseSamples(await readFile(join(modelsFolder, parseModelName(model), 'samples.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
