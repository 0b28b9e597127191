/** `millrace tune`: finds the setting of a model that suits a goal, saves it, or takes it back. */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { SampleRows } from '../loadtest/request-inputs.ts';
import { parseSamples, plainInputs } from '../models/samples.ts';
import { scanStore } from '../models/store-scan.ts';
import { tuneWishSchema } from '../protocol/admin/tune-result.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { TuneResult, TuneRow, TuneWish } from '../protocol/admin/tune-result.ts';
import { SettingFile } from '../tuning/setting-file.ts';
import { tuneChart } from '../tuning/tune-chart.ts';
import { scoreOf } from '../tuning/tune-choice.ts';
import { tuneModel } from '../tuning/tune-model.ts';
import { settingText } from '../tuning/tune-run.ts';
import { parseDuration } from './bench-plan.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { LiveLine } from './live-line.ts';
import { table } from './output.ts';

export interface TuneFlags {
  readonly data: string;
  readonly goal?: string;
  readonly budget?: string;
  readonly models?: string;
  readonly version?: string;
  readonly svg?: string;
  /** False with `--no-save`. */
  readonly save?: boolean;
  readonly undo?: boolean;
  readonly json?: boolean;
}

const barWidth = 24;

export async function tuneCommand(model: string, flags: TuneFlags): Promise<void> {
  const { modelsFolder, client, servingHost, version } = await placeOf(model, flags);
  if (flags.undo === true) {
    const back = await new SettingFile(model, join(modelsFolder, model), flags.data).undo();
    const used = await useNow(servingHost, model);
    if (flags.json === true) console.log(JSON.stringify({ model, setting: back }));
    else console.log(`${model} has again ${settingText(back)}.${used}`);
    return;
  }
  const wish = wishOf(model, flags);
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const line = new LiveLine();
  if (client !== undefined)
    console.error('millrace: A host is running here; what it does meanwhile is part of the figures.');
  try {
    const result = await tuneModel(wish, {
      modelsFolder,
      version,
      dataDirectory: flags.data,
      samples: await samplesOf(modelsFolder, model),
      signal: abort.signal,
      onProgress: (step, done, total) => line.show(progressText(step, done, total)),
    });
    line.end();
    const picture = tuneChart(result);
    const svgPath = flags.svg ?? `${model}-tuning.svg`;
    if (picture !== undefined) await writePicture(svgPath, picture);
    const used = result.saved ? await useNow(servingHost, model) : '';
    if (flags.json === true) {
      console.log(JSON.stringify(result, undefined, 2));
      return;
    }
    console.log(tuneText(result));
    if (picture !== undefined) console.log(`The curve is in ${svgPath}.`);
    if (result.saved) console.log(`Saved; \`millrace tune ${model} --undo\` takes it back.${used}`);
  } catch (error) {
    if (abort.signal.aborted) throw new MillraceError('conflict', 'Tuning was ended; nothing was changed.');
    throw error;
  } finally {
    line.end();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function wishOf(model: string, { goal, budget, save }: TuneFlags): TuneWish {
  const wish = tuneWishSchema.safeParse({
    model,
    ...(goal !== undefined && { goal }),
    ...(budget !== undefined && { budgetMs: parseDuration(budget, '--budget') }),
    ...(save === false && { save }),
  });
  if (wish.success) return wish.data;
  const faults = wish.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new MillraceError('invalid-config', `This cannot be tuned: ${faults}.`, {
    hint: 'A budget is from 10s to 1h; a goal is latency, throughput or balanced.',
  });
}

/** A running host that serves the model reads its setting again: a new copy is ready before the old one goes. */
async function useNow(servingHost: HostClient | undefined, model: string): Promise<string> {
  if (servingHost === undefined) return '';
  const job = await servingHost.post<JobView>(`/models/${encodeURIComponent(model)}/load`, {});
  await followJob(servingHost, job, () => {}, new AbortController().signal);
  return ' The running host uses it now.';
}

interface Place {
  readonly modelsFolder: string;
  /** Of this data folder, whatever it serves. */
  readonly client: HostClient | undefined;
  /** The same, where it serves the model from that folder. */
  readonly servingHost: HostClient | undefined;
  readonly version: string | undefined;
}

/** The folder that is named, else the running host's, else the store. */
async function placeOf(model: string, { data, models, version }: TuneFlags): Promise<Place> {
  const client = await HostClient.running(data);
  const status = await client?.status();
  const served = status?.models.find(({ name }) => name === model);
  if (models !== undefined) {
    const modelsFolder = resolve(models);
    const isServed = served !== undefined && status?.modelsFolder === modelsFolder;
    return { modelsFolder, client, servingHost: isServed ? client : undefined, version };
  }
  if (status !== undefined) {
    const servingHost = served === undefined ? undefined : client;
    return { modelsFolder: status.modelsFolder, client, servingHost, version: version ?? served?.servedVersion };
  }
  const { modelsFolder } = await scanStore(data);
  if (modelsFolder !== undefined) return { modelsFolder, client, servingHost: undefined, version };
  throw new MillraceError('unknown-model', `There is no model ${model} on this machine that could be tuned.`, {
    hint: 'Import it, start its host, or name its folder with --models.',
  });
}

async function samplesOf(modelsFolder: string, model: string): Promise<SampleRows | undefined> {
  try {
    return plainInputs(parseSamples(await readFile(join(modelsFolder, model, 'samples.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function writePicture(path: string, picture: string): Promise<void> {
  try {
    await writeFile(path, picture);
  } catch (cause) {
    throw new MillraceError('invalid-config', `The picture ${path} cannot be written.`, {
      hint: 'Name another place with --svg.',
      cause,
    });
  }
}

function progressText(step: string, done: number, total: number): string {
  const filled = Math.round((done / total) * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]  ${done + 1} of ${total}  ${step}`;
}

export function tuneText({ model, goal, cores, rows, curve, pick, sentence }: TuneResult): string {
  const best = Math.max(...rows.map((row) => scoreOf(row, goal)));
  const isPick = ({ setting }: TuneRow): boolean =>
    Object.keys(pick).length > 0 && JSON.stringify(setting) === JSON.stringify(pick);
  const lines = rows.map((row) => [
    isPick(row) ? '*' : '',
    settingText(row.setting),
    `${row.replicas} × ${row.threads}`,
    row.maxBatchSize === 0 ? 'off' : String(row.maxBatchSize),
    Math.round(row.perSecond).toLocaleString('en-US'),
    row.loadedP99Ms.toFixed(2),
    row.aloneP50Ms.toFixed(2),
    row.aloneP95Ms.toFixed(2),
    row.failed > 0 ? `${row.failed} failed` : `${Math.round((100 * scoreOf(row, goal)) / (best || 1))} %`,
  ]);
  const headings = [
    '',
    'SETTING',
    'COPIES × THREADS',
    'BATCH',
    'PER SECOND',
    'P99 LOADED',
    'P50 ALONE',
    'P95 ALONE',
    goal.toUpperCase(),
  ];
  const law =
    curve === undefined
      ? []
      : [
          '',
          `One core brings ${Math.round(curve.lambda).toLocaleString('en-US')} requests per second; ${Math.round(curve.sigma * 100)} % of the work cannot be done side by side.`,
        ];
  return [
    `${model}: ${rows.length} settings on ${cores} cores, times in milliseconds`,
    '',
    table(headings, lines),
    ...law,
    '',
    sentence,
  ].join('\n');
}
