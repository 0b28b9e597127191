/** `millrace models import`, `show`, `remove` and `verify`: the store in the data folder, with or without a running host. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { MillraceError } from '../base/errors.ts';
import { tryModel } from '../inspect/trial-load.ts';
import { importModels } from '../models/import.ts';
import { stepLabel } from '../models/import-steps.ts';
import { importReportView } from '../models/import-view.ts';
import { ModelStore } from '../models/model-store.ts';
import { readServing, writeServing } from '../models/serving-edit.ts';
import { promotedBefore, without } from '../models/serving.ts';
import { checkVersion } from '../models/store-scan.ts';
import { keptDays } from '../models/trash.ts';
import type { ImportReportView, NewImport } from '../protocol/admin/import-report.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { modelsText } from './inspect.ts';
import { importText, showText, storedModelsText } from './model-texts.ts';
import { exitCodes } from './output.ts';
import { Progress } from './progress.ts';

interface StoreFlags {
  readonly data: string;
  readonly json?: boolean;
}

export interface ImportFlags extends StoreFlags {
  readonly name?: string;
  readonly version?: string;
  /** False with --no-samples. */
  readonly samples: boolean;
}

export interface RemoveFlags extends StoreFlags {
  readonly version?: string;
  readonly yes?: boolean;
}

export async function importCommand(path: string, flags: ImportFlags): Promise<void> {
  const progress = new Progress();
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const show = (label: string, doneBytes: number, totalBytes: number): void =>
    progress.update(label, doneBytes, totalBytes);
  try {
    const client = await HostClient.running(flags.data);
    const report =
      client === undefined
        ? await importHere(path, flags, show, abort.signal)
        : await importThere(client, path, flags, show, abort.signal);
    progress.end();
    console.log(flags.json === true ? JSON.stringify(report, undefined, 2) : importText(report, client !== undefined));
    if (report.versions.some(({ state }) => state === 'refused')) process.exitCode = exitCodes.failed;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new MillraceError('model-refused', 'The import was stopped.', {
      hint: 'Versions that were published before stay; the rest left nothing behind.',
    });
  } finally {
    progress.end();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

type ShowProgress = (label: string, doneBytes: number, totalBytes: number) => void;

/** Without a host: the store is ours. */
async function importHere(
  path: string,
  flags: ImportFlags,
  show: ShowProgress,
  signal: AbortSignal,
): Promise<ImportReportView> {
  const report = await importModels({
    path,
    dataDirectory: flags.data,
    name: flags.name,
    version: flags.version,
    skipSamples: !flags.samples,
    tryModel,
    onProgress: (progress) => show(stepLabel(progress), progress.doneBytes, progress.totalBytes),
    signal,
  });
  const [only, ...others] = report.versions;
  if (only?.state === 'refused' && others.length === 0) throw only.error;
  const store = new ModelStore(flags.data);
  for (const version of report.versions) {
    if (version.state === 'refused' || version.changes?.list.some(({ breaking }) => breaking) !== true) continue;
    const { name } = version.record;
    const { wishes } = await readServing(store, name);
    // As with a running host: what apps may fail with does not take over by itself.
    if (wishes.served === undefined) await writeServing(store, name, promotedBefore(wishes, version.changes.since));
  }
  return importReportView(report, false);
}

/** As a job of the running host, which takes notice of what it imports. */
async function importThere(
  client: HostClient,
  path: string,
  flags: ImportFlags,
  show: ShowProgress,
  signal: AbortSignal,
): Promise<ImportReportView> {
  const wish: NewImport = {
    path: resolve(path),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.version !== undefined && { version: flags.version }),
    ...(!flags.samples && { skipSamples: true }),
  };
  const started = await client.post<JobView>('/imports', wish);
  const job = await followJob(client, started, ({ step, done, total }) => show(step, done, total), signal);
  return job.result as ImportReportView;
}

/** What the running host serves; without one, what the next start would. */
export async function listModelsCommand(flags: StoreFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  if (client !== undefined) {
    const status = await client.status();
    console.log(
      flags.json === true ? JSON.stringify(status.models, undefined, 2) : modelsText({ run: client.run, status }),
    );
    return;
  }
  const store = new ModelStore(flags.data);
  const names = await store.names();
  const found = await Promise.all(names.map((name) => readServing(store, name)));
  console.log(
    flags.json === true
      ? JSON.stringify(
          found.map(({ name, versions, served, wishes }) => ({
            name,
            servedVersion: served,
            ...(wishes.isPinned && { pinnedVersion: served }),
            versions: versions.map((version) => ({ version, state: 'STOPPED' })),
          })),
          undefined,
          2,
        )
      : storedModelsText(found),
  );
}

export async function showCommand(name: string, flags: StoreFlags): Promise<void> {
  const store = new ModelStore(flags.data);
  const found = await store.find(name);
  const records = await Promise.all(
    found.versions.map(async (version) => ({ version, record: await store.record(found.name, version) })),
  );
  const quarantined = (await store.quarantined()).filter((each) => each.name === found.name);
  console.log(
    flags.json === true
      ? JSON.stringify(
          {
            name: found.name,
            versions: records.map(({ version, record }) => record ?? { version, damaged: true }),
            quarantined,
          },
          undefined,
          2,
        )
      : showText(found.name, records, quarantined),
  );
}

export async function removeCommand(name: string, flags: RemoveFlags): Promise<void> {
  const store = new ModelStore(flags.data);
  const found = await store.find(name, flags.version);
  const what =
    flags.version === undefined
      ? `${found.name} with ${count(found.versions.length, 'version')}`
      : `version ${flags.version} of ${found.name}`;
  await confirm(`Remove ${what}?`, flags);
  const client = await HostClient.running(flags.data);
  if (client === undefined) await removeHere(store, found.name, flags.version);
  else {
    const body = flags.version === undefined ? {} : { version: flags.version };
    const started = await client.post<JobView>(`/models/${encodeURIComponent(found.name)}/remove`, body);
    await followJob(client, started, () => {}, new AbortController().signal);
  }
  console.log(
    flags.json === true
      ? JSON.stringify({ removed: found.versions.map((version) => ({ name: found.name, version })) })
      : `Removed ${what}. For ${keptDays} days it can be brought back: millrace models restore ${found.name}${flags.version === undefined ? '' : ` --version ${flags.version}`}`,
  );
}

/** Without a host: nothing may lead to a version that is gone. */
async function removeHere(store: ModelStore, name: string, version: string | undefined): Promise<void> {
  if (version !== undefined) {
    const { wishes } = await readServing(store, name);
    if (JSON.stringify(without(wishes, version)) !== JSON.stringify(wishes)) {
      await writeServing(store, name, without(wishes, version));
    }
  }
  await store.remove(name, version);
}

export async function verifyCommand(name: string | undefined, flags: StoreFlags): Promise<void> {
  const store = new ModelStore(flags.data);
  const names = name === undefined ? await store.names() : [(await store.find(name)).name];
  const progress = new Progress();
  const checks: { name: string; version: string; fault: string | undefined }[] = [];
  let doneBytes = 0;
  const totalBytes = await storedBytes(store, names);
  for (const each of names) {
    for (const version of await store.versions(each)) {
      const fault = await checkVersion(store, each, version, (bytes) =>
        progress.update('Verifying', (doneBytes += bytes), totalBytes),
      );
      checks.push({ name: each, version, fault });
    }
  }
  progress.end();
  const damaged = checks.filter(({ fault }) => fault !== undefined);
  if (damaged.length > 0) process.exitCode = exitCodes.failed;
  if (flags.json === true) {
    const versions = checks.map(({ fault, ...rest }) => ({
      ...rest,
      state: fault === undefined ? 'intact' : 'quarantined',
      ...(fault !== undefined && { fault }),
    }));
    console.log(JSON.stringify({ versions }, undefined, 2));
    return;
  }
  for (const { name: model, version, fault } of damaged) {
    const offered = (await store.versions(model)).at(-1);
    console.log(
      `Version ${version} of ${model} ${fault}. It is now in quarantine; ${offered === undefined ? 'no other version is there' : `version ${offered} is offered instead`}.`,
    );
  }
  console.log(`${count(checks.length - damaged.length, 'version')} intact, ${damaged.length} damaged.`);
}

async function storedBytes(store: ModelStore, names: readonly string[]): Promise<number> {
  let totalBytes = 0;
  for (const name of names) {
    for (const version of await store.versions(name)) {
      const record = await store.record(name, version);
      for (const { sizeBytes } of Object.values(record?.files ?? {})) totalBytes += sizeBytes;
    }
  }
  return totalBytes;
}

async function confirm(question: string, flags: RemoveFlags): Promise<void> {
  if (flags.yes === true) return;
  if (!process.stdin.isTTY || flags.json === true) {
    throw new MillraceError('invalid-config', 'Removing needs a yes, and nobody is here to give it.', {
      hint: 'Add --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new MillraceError('invalid-config', 'Nothing was removed.');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
