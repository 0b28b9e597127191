/** The sources of a running host as its admin API sees them. What asks a source runs in a process of its own. */
import type { JobList } from '../admin/job-list.ts';
import type { SourceDesk } from '../admin/source-routes.ts';
import { MillraceError } from '../base/errors.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { NewPush, NewSource, NewSync, SourceCheck, SourceRun, SourceView } from '../protocol/admin/source-view.ts';
import { parseEndpoint } from '../sources/endpoint-check.ts';
import { SecretsFile } from '../sources/secrets-file.ts';
import type { SourceList } from '../sources/source-list.ts';
import { SourceMemory } from '../sources/source-memory.ts';
import { forgetSource, viewSources } from '../sources/source-views.ts';
import type { TaskProgress } from '../sync/sync-messages.ts';
import { runSourceTask } from '../sync/sync-process.ts';
import type { SourceScheduler } from './source-scheduler.ts';

export interface HostSourcesParts {
  readonly dataDirectory: string;
  readonly list: SourceList;
  readonly scheduler: SourceScheduler;
  readonly jobs: () => JobList;
}

export class HostSources implements SourceDesk {
  readonly #parts: HostSourcesParts;

  constructor(parts: HostSourcesParts) {
    this.#parts = parts;
  }

  list(): Promise<SourceView[]> {
    const { dataDirectory, list, scheduler } = this.#parts;
    const nowMs = Date.now();
    return viewSources(dataDirectory, list, (settings, lastEndMs) => scheduler.nextAtMs(settings, lastEndMs, nowMs));
  }

  async add({ settings, key }: NewSource): Promise<SourceView> {
    if (settings.kind === 's3' && settings.endpoint !== undefined) parseEndpoint(settings.endpoint, settings);
    if (settings.kind === 'directory' && key !== undefined) throw noKey(settings.name);
    const { dataDirectory, list } = this.#parts;
    await list.add(settings);
    if (key !== undefined) await new SecretsFile(dataDirectory).store(settings.name, key);
    return this.#view(settings.name);
  }

  async remove(name: string): Promise<void> {
    await this.#parts.list.remove(name);
    await forgetSource(this.#parts.dataDirectory, name);
  }

  async setPaused(name: string, isPaused: boolean): Promise<SourceView> {
    await this.#parts.list.setPaused(name, isPaused);
    return this.#view(name);
  }

  async storeKey(name: string, key: NewSource['key']): Promise<SourceView> {
    const { settings } = await this.#parts.list.find(name);
    if (settings.kind === 'directory') throw noKey(name);
    const secrets = new SecretsFile(this.#parts.dataDirectory);
    if (key === undefined) await secrets.forget(name);
    else await secrets.store(name, key);
    return this.#view(name);
  }

  async check(name: string, signal: AbortSignal): Promise<SourceCheck> {
    const { settings } = await this.#parts.list.find(name);
    return [
      ...(await runSourceTask({ task: 'check', settings, dataDirectory: this.#parts.dataDirectory }, { signal })),
    ];
  }

  async history(name: string | undefined, limit: number): Promise<SourceRun[]> {
    if (name !== undefined) await this.#parts.list.find(name);
    const memory = SourceMemory.open(this.#parts.dataDirectory);
    try {
      return memory.history(name, limit);
    } finally {
      memory.close();
    }
  }

  async startSync(name: string, { dryRun = false, retryRefused = false }: NewSync): Promise<JobView> {
    const { jobs, list, scheduler } = this.#parts;
    const { settings } = await list.find(name);
    const flags = `${dryRun ? ' --dry-run' : ''}${retryRefused ? ' --retry-refused' : ''}`;
    return jobs().start({
      kind: 'sync',
      title: `Sync from ${name}`,
      command: `millrace sources sync ${name}${flags}`,
      unit: 'bytes',
      run: (signal, onProgress) =>
        scheduler.sync(settings, 'command', { dryRun, retryRefused, signal, onProgress: asJobProgress(onProgress) }),
    });
  }

  async startPush(name: string, { model, version }: NewPush): Promise<JobView> {
    const { jobs, list, dataDirectory } = this.#parts;
    const { settings } = await list.find(name);
    const ofVersion = version === undefined ? '' : ` --version ${version}`;
    return jobs().start({
      kind: 'push',
      title: `Publish ${model} to ${name}`,
      command: `millrace models push ${model}${ofVersion} --to ${name}`,
      unit: 'bytes',
      run: (signal, onProgress) =>
        runSourceTask(
          { task: 'push', settings, dataDirectory, model, version },
          { signal, onProgress: asJobProgress(onProgress) },
        ),
    });
  }

  async #view(name: string): Promise<SourceView> {
    return (await this.list()).find(({ settings }) => settings.name === name)!;
  }
}

function asJobProgress(onProgress: (progress: JobView['progress']) => void): (progress: TaskProgress) => void {
  return ({ step, doneBytes, totalBytes }) => onProgress({ step, done: doneBytes, total: totalBytes, unit: 'bytes' });
}

function noKey(name: string): MillraceError {
  return new MillraceError('invalid-request', `The source ${name} is a folder and has no key.`, {
    hint: 'Leave the key out.',
  });
}
