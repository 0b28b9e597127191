/** `millrace sources …` and `millrace models push`: the sources of a data folder, with or without a running host. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { MillraceError } from '../base/errors.ts';
import { readConfigFile } from '../config.ts';
import { tryModel } from '../inspect/trial-load.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import { sourceSettingsSchema } from '../protocol/admin/source-settings.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SourceView, SyncReportView } from '../protocol/admin/source-view.ts';
import { parseEndpoint } from '../sources/endpoint-check.ts';
import { openModelSource } from '../sources/open-source.ts';
import { pushVersion } from '../sources/push.ts';
import type { PushReport } from '../sources/push.ts';
import { SecretsFile } from '../sources/secrets-file.ts';
import type { StoredKey } from '../sources/secrets-file.ts';
import { checkSource } from '../sources/source-check.ts';
import { SourceList } from '../sources/source-list.ts';
import type { ListedSource } from '../sources/source-list.ts';
import { SourceMemory } from '../sources/source-memory.ts';
import { forgetSource, viewSources } from '../sources/source-views.ts';
import { syncSource } from '../sources/sync.ts';
import { errorBody, reportView, stepLabel } from '../sources/sync-words.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { exitCodes } from './output.ts';
import { Progress } from './progress.ts';
import { checkText, historyText, pushText, reportText, sourcesText } from './source-texts.ts';

export interface SourceFlags {
  readonly data: string;
  readonly config?: string;
  readonly json?: boolean;
}

export interface AddFlags extends SourceFlags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly allowPrivateEndpoint?: boolean;
  readonly anonymous?: boolean;
  readonly caFile?: string;
  readonly models?: string;
  readonly versions?: string;
  readonly every?: number;
  /** False with --no-promote. */
  readonly promote: boolean;
  readonly storeKey?: boolean;
}

export interface SyncFlags extends SourceFlags {
  readonly dryRun?: boolean;
  readonly retryRefused?: boolean;
}

export interface PushFlags extends SourceFlags {
  readonly to: string;
  readonly version?: string;
}

export async function listSources(flags: SourceFlags): Promise<void> {
  const views = await viewSources(flags.data, await listOf(flags));
  print(flags, views, sourcesText(views));
}

export async function addSource(name: string, address: string, flags: AddFlags): Promise<void> {
  const settings = settingsOf(name, address, flags);
  if (settings.kind === 'directory' && flags.storeKey === true)
    throw usage('A folder has no key.', 'Leave --store-key out.');
  const list = await listOf(flags);
  const key = flags.storeKey === true ? await askForKey(name) : undefined;
  await list.add(settings);
  if (key !== undefined) await new SecretsFile(flags.data).store(name, key);
  const view = (await viewSources(flags.data, list)).find((each) => each.settings.name === name);
  print(flags, view, `Added the source ${name}: ${view!.address}.\nTry it with: millrace sources test ${name}`);
}

export async function removeSource(name: string, flags: SourceFlags): Promise<void> {
  await (await listOf(flags)).remove(name);
  await forgetSource(flags.data, name);
  print(flags, { removed: name }, `Removed the source ${name}. The models that came from it stay.`);
}

export async function storeCredentials(
  name: string,
  flags: SourceFlags & { readonly forget?: boolean },
): Promise<void> {
  const { settings } = await (await listOf(flags)).find(name);
  if (settings.kind === 'directory')
    throw usage(`The source ${name} is a folder and has no key.`, 'Nothing is to be done.');
  const secrets = new SecretsFile(flags.data);
  if (flags.forget === true) {
    const had = await secrets.forget(name);
    print(flags, { forgotten: had }, had ? `Forgot the key of ${name}.` : `No key of ${name} was stored.`);
    return;
  }
  await secrets.store(name, await askForKey(name));
  print(flags, { stored: true }, `Stored the key of ${name} in the data folder, readable by this user only.`);
}

export async function pauseSource(name: string, isPaused: boolean, flags: SourceFlags): Promise<void> {
  await (await listOf(flags)).setPaused(name, isPaused);
  const text = isPaused
    ? `The source ${name} is paused; \`sources sync ${name}\` still asks it.`
    : `The source ${name} is synced again.`;
  print(flags, { name, paused: isPaused }, text);
}

export async function testSource(name: string, flags: SourceFlags): Promise<void> {
  const { settings } = await (await listOf(flags)).find(name);
  const steps = await stoppable((signal) => checkSource(() => openModelSource(settings, flags.data), signal));
  if (steps.some(({ state }) => state === 'failed')) process.exitCode = exitCodes.failed;
  print(flags, { source: name, steps }, checkText(steps));
}

export async function historyOf(
  name: string | undefined,
  flags: SourceFlags & { readonly limit: number },
): Promise<void> {
  if (name !== undefined) await (await listOf(flags)).find(name);
  const memory = SourceMemory.open(flags.data);
  try {
    const runs = memory.history(name, flags.limit);
    print(flags, runs, historyText(runs));
  } finally {
    memory.close();
  }
}

/** One source, or all that are not paused, one after another; by the running host, where there is one that knows them. */
export async function syncCommand(name: string | undefined, flags: SyncFlags): Promise<void> {
  const list = await listOf(flags);
  const client = await HostClient.running(flags.data);
  const known = client === undefined ? [] : await client.get<SourceView[]>('/sources');
  const isKnown = (each: string): boolean => known.some(({ settings }) => settings.name === each);
  // A host has those of its settings file too, which this command may not have been shown.
  const names =
    name !== undefined
      ? [name]
      : client === undefined
        ? (await list.all()).filter(({ paused }) => !paused).map(({ settings }) => settings.name)
        : known.filter(({ paused }) => !paused).map(({ settings }) => settings.name);
  if (names.length === 0) throw usage('There is no source to sync.', 'Add one with `millrace sources add`.');
  const progress = new Progress();
  const reports: SyncReportView[] = [];
  try {
    for (const each of names) {
      const there = client !== undefined && isKnown(each) ? client : undefined;
      const found = there === undefined ? await list.find(each) : undefined;
      reports.push(
        await stoppable((signal) =>
          found === undefined
            ? syncThere(there!, each, flags, progress, signal)
            : syncHere(found, flags, progress, signal),
        ),
      );
    }
  } finally {
    progress.end();
  }
  if (
    reports.some(({ outcome, versions }) => outcome !== 'done' || versions.some(({ state }) => state === 'refused'))
  ) {
    process.exitCode = exitCodes.failed;
  }
  const isDry = flags.dryRun === true;
  print(flags, reports, reports.map((report) => reportText(report, isDry)).join('\n\n'));
}

/** As a job of the running host, where there is one that knows the source: it shows it, and it can be canceled there. */
export async function pushCommand(model: string, flags: PushFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  const known = client === undefined ? [] : await client.get<SourceView[]>('/sources');
  const isThere = known.some(({ settings }) => settings.name === flags.to);
  const progress = new Progress();
  try {
    const report = await stoppable((signal) =>
      client !== undefined && isThere
        ? pushThere(client, model, flags, progress, signal)
        : pushHere(model, flags, progress, signal),
    );
    progress.end();
    print(flags, { source: flags.to, ...report }, pushText(report, flags.to));
  } finally {
    progress.end();
  }
}

async function pushHere(model: string, flags: PushFlags, progress: Progress, signal: AbortSignal): Promise<PushReport> {
  const { settings } = await (await listOf(flags)).find(flags.to);
  const memory = SourceMemory.open(flags.data);
  try {
    return await pushVersion({
      settings,
      open: () => openModelSource(settings, flags.data),
      dataDirectory: flags.data,
      memory,
      model,
      version: flags.version,
      onProgress: (doneBytes, totalBytes) => progress.update(`Publishing ${model}`, doneBytes, totalBytes),
      signal,
    });
  } finally {
    memory.close();
  }
}

async function pushThere(
  client: HostClient,
  model: string,
  flags: PushFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<PushReport> {
  const wish = { model, ...(flags.version !== undefined && { version: flags.version }) };
  const started = await client.post<JobView>(`/sources/${flags.to}/push`, wish);
  const job = await followJob(client, started, ({ step, done, total }) => progress.update(step, done, total), signal);
  return job.result as PushReport;
}

async function syncHere(
  { settings }: ListedSource,
  flags: SyncFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<SyncReportView> {
  const memory = SourceMemory.open(flags.data);
  try {
    const report = await syncSource({
      settings,
      open: () => openModelSource(settings, flags.data),
      dataDirectory: flags.data,
      memory,
      tryModel,
      trigger: 'command',
      dryRun: flags.dryRun ?? false,
      retryRefused: flags.retryRefused ?? false,
      onProgress: (each) => progress.update(stepLabel(each, settings.name), each.doneBytes, each.totalBytes),
      signal,
    });
    return reportView(report, report.error === undefined ? undefined : errorBody(report.error));
  } finally {
    memory.close();
  }
}

/** As a job of the running host, which serves what comes. */
async function syncThere(
  client: HostClient,
  name: string,
  flags: SyncFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<SyncReportView> {
  const wish = { dryRun: flags.dryRun ?? false, retryRefused: flags.retryRefused ?? false };
  const started = await client.post<JobView>(`/sources/${name}/sync`, wish);
  const job = await followJob(client, started, ({ step, done, total }) => progress.update(step, done, total), signal);
  return job.result as SyncReportView;
}

/** Ctrl-C asks the work to stop, so that it leaves a state that the next one goes on from. */
async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const onSignal = (): void =>
    abort.abort(new MillraceError('source-failed', 'It was stopped.', { hint: 'The next one goes on from there.' }));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function listOf(flags: SourceFlags): Promise<SourceList> {
  if (flags.config === undefined) return new SourceList(flags.data);
  const { sources = [] } = await readConfigFile(resolve(flags.config));
  if (!Array.isArray(sources))
    throw usage(`In ${flags.config}, sources is no list.`, 'docs/configuration.md has an example.');
  return new SourceList(
    flags.data,
    sources.map((each) => checked(each, flags.config!)),
  );
}

function settingsOf(name: string, address: string, flags: AddFlags): SourceSettings {
  const versions = flags.versions === undefined || flags.versions === 'all' ? flags.versions : Number(flags.versions);
  const common = {
    name,
    promote: flags.promote,
    ...(flags.every !== undefined && { everySeconds: flags.every }),
    ...(flags.models !== undefined && { models: flags.models.split(',').map((each) => each.trim()) }),
    ...(versions !== undefined && { versions }),
  };
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(address);
  if (s3 === null) {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address)) {
      throw usage(
        `${address.split('://')[0]}:// is no kind of source.`,
        'Name a folder, or s3://<bucket>/<prefix> with --endpoint.',
      );
    }
    return checked({ kind: 'directory', ...common, path: resolve(address) }, 'The command line');
  }
  const settings = checked(
    {
      kind: 's3',
      ...common,
      bucket: s3[1],
      prefix: s3[2],
      ...(flags.endpoint !== undefined && { endpoint: flags.endpoint }),
      ...(flags.region !== undefined && { region: flags.region }),
      ...(flags.pathStyle !== undefined && { pathStyle: flags.pathStyle }),
      allowPrivateEndpoint: flags.allowPrivateEndpoint ?? false,
      anonymous: flags.anonymous ?? false,
      ...(flags.caFile !== undefined && { caFile: resolve(flags.caFile) }),
    },
    'The command line',
  );
  if (settings.kind === 's3' && settings.endpoint !== undefined) parseEndpoint(settings.endpoint, settings);
  return settings;
}

function checked(raw: unknown, where: string): SourceSettings {
  const parsed = sourceSettingsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the source'}: ${message}`);
  throw usage(`${where} does not describe a source: ${faults.join('; ')}.`, 'docs/sources.md lists what a source has.');
}

/** From the terminal, unseen; else two lines of standard input. Never from the command line, which other programs can read. */
async function askForKey(name: string): Promise<StoredKey> {
  const isTerminal = process.stdin.isTTY;
  if (isTerminal) process.stderr.write(`Key of ${name}. Access key ID, then secret access key (not shown):\n`);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: isTerminal });
  const given: string[] = [];
  for await (const line of lines) {
    given.push(line.trim());
    if (given.length === 2) break;
  }
  lines.close();
  const [accessKeyId = '', secretAccessKey = ''] = given;
  if (accessKeyId === '' || secretAccessKey === '') {
    throw usage(
      'No key was given.',
      'Type it, or send two lines to standard input: the access key ID and the secret access key.',
    );
  }
  return { accessKeyId, secretAccessKey };
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError('invalid-config', message, { hint });
}

function print(flags: { readonly json?: boolean }, value: unknown, text: string): void {
  console.log(flags.json === true ? JSON.stringify(value, undefined, 2) : text);
}
