/**
 * Syncs the sources of a running host when they are due, one at a time, each in a process of its own. Sources that are added,
 * removed, paused or synced by commands meanwhile are noticed: the list and the history are on disk, and are looked at anew.
 */
import type { Log } from '../base/log.ts';
import { MillraceError } from '../base/errors.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SyncReportView } from '../protocol/admin/source-view.ts';
import { SourceMemory } from '../sources/source-memory.ts';
import type { SourceList } from '../sources/source-list.ts';
import { nextSyncAtMs } from '../sources/sync-schedule.ts';
import { newestImported } from '../sources/sync-words.ts';
import type { TaskProgress } from '../sync/sync-messages.ts';
import { runSourceTask } from '../sync/sync-process.ts';

export interface SourceSchedulerOptions {
  readonly dataDirectory: string;
  readonly list: SourceList;
  readonly log: Log;
  readonly onEvent: (event: NewHostEvent) => void;
  /** Hears of a model of which a sync brought new versions, once they are in the store. */
  readonly onImported: (model: string) => Promise<void>;
}

/** How often it is looked at what is due. A stat and two small reads. */
const lookMs = 2000;
/** How far back a success is looked for. */
const rememberedRuns = 100;

interface SourceState {
  failures: number;
  /** By this host, milliseconds of the clock: a sync that could not even be noted down must not be tried without a pause. */
  triedMs: number;
  /** Decides by how much the next sync comes earlier or later; drawn once for each. */
  chance: number;
}

export class SourceScheduler {
  readonly #options: SourceSchedulerOptions;
  readonly #states = new Map<string, SourceState>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The sync that runs, and those that wait for it. */
  #last: Promise<unknown> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #memory: SourceMemory | undefined;
  #complaint = '';
  #isFilled = false;

  constructor(options: SourceSchedulerOptions) {
    this.#options = options;
  }

  /** Each source that is asked on a schedule has been synced at some time, by this host or by one before it. */
  get isFilled(): boolean {
    return this.#isFilled;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    }, lookMs);
    this.#timer.unref();
  }

  /** Ends the sync that runs; the next one goes on from where it was. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(new MillraceError('shutting-down', 'The host is stopping.'));
    await this.#looking;
    await this.#last.catch(() => {});
    this.#forget();
  }

  /** The next look opens the memory anew. */
  #forget(): void {
    this.#memory?.close();
    this.#memory = undefined;
  }

  /** When a source is synced next, milliseconds of the clock; undefined: only when told to. */
  nextAtMs(settings: SourceSettings, lastEndMs: number | undefined, nowMs: number): number | undefined {
    const state = this.#state(settings.name);
    const endMs = lastEndMs === undefined && state.triedMs === 0 ? undefined : Math.max(lastEndMs ?? 0, state.triedMs);
    return nextSyncAtMs(settings.everySeconds, { lastEndMs: endMs, failures: state.failures }, nowMs, state.chance);
  }

  /** Syncs now, after what runs. Throws as `runSourceTask` does; failures of the source are in the report. */
  sync(
    settings: SourceSettings,
    trigger: 'schedule' | 'command',
    options: {
      readonly onProgress?: (progress: TaskProgress) => void;
      readonly signal?: AbortSignal;
      readonly dryRun?: boolean;
      readonly retryRefused?: boolean;
    } = {},
  ): Promise<SyncReportView> {
    const { dryRun = false, retryRefused = false, onProgress } = options;
    const { dataDirectory, onEvent } = this.#options;
    const signals = [this.#stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const next = this.#last
      .catch(() => {})
      .then(async () => {
        const report = await runSourceTask(
          { task: 'sync', settings, dataDirectory, trigger, dryRun, retryRefused },
          { signal: AbortSignal.any(signals), onEvent, ...(onProgress !== undefined && { onProgress }) },
        );
        if (!dryRun) await this.#take(settings, report);
        return report;
      });
    this.#last = next;
    return next;
  }

  async #take({ name }: SourceSettings, report: SyncReportView): Promise<void> {
    const { log, onImported } = this.#options;
    const state = this.#state(name);
    state.triedMs = Date.now();
    state.failures = report.outcome === 'failed' ? state.failures + 1 : 0;
    state.chance = Math.random();
    log.debug(`${report.sentence} ${report.hint ?? ''}`.trim());
    for (const { model, version } of newestImported(report)) {
      // Why it does not take over is an event of the model's own.
      await onImported(model).catch((error: unknown) =>
        log.debug({ error }, `Version ${version} of ${model} came and waits.`),
      );
    }
  }

  async #look(): Promise<void> {
    const { dataDirectory, list, log } = this.#options;
    try {
      const due: SourceSettings[] = [];
      const sources = (await list.all()).filter(({ paused, settings }) => !paused && settings.everySeconds > 0);
      if (sources.length > 0) {
        // Kept open: opening and closing a database costs the event loop a millisecond and the disk a checkpoint.
        this.#memory ??= SourceMemory.open(dataDirectory);
        const nowMs = Date.now();
        for (const { settings } of sources) {
          const [last] = this.#memory.history(settings.name, 1);
          if (last?.outcome === 'running') continue;
          const lastEndMs = last === undefined ? undefined : Date.parse(last.endedAt ?? last.startedAt);
          const atMs = this.nextAtMs(settings, lastEndMs, nowMs);
          if (atMs !== undefined && atMs <= nowMs) due.push(settings);
        }
      }
      this.#complaint = '';
      for (const settings of due) {
        if (this.#stop.signal.aborted) return;
        await this.sync(settings, 'schedule').catch((error: unknown) => this.#failed(settings.name, error));
      }
      this.#isFilled ||= sources.every(({ settings }) => this.#wasSynced(settings.name));
    } catch (error) {
      this.#forget();
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#complaint) log.error({ error }, 'The sources cannot be synced.');
      this.#complaint = text;
    }
  }

  /** A version that was refused is no reason to wait: it would be refused again. */
  #wasSynced(name: string): boolean {
    const runs = this.#memory?.history(name, rememberedRuns) ?? [];
    return runs.some(({ outcome, trigger }) => trigger !== 'push' && (outcome === 'done' || outcome === 'partly'));
  }

  #failed(name: string, error: unknown): void {
    if (this.#stop.signal.aborted || (error instanceof MillraceError && error.code === 'source-busy')) return;
    const state = this.#state(name);
    state.failures++;
    state.triedMs = Date.now();
    this.#options.log.error({ error }, `The source ${name} could not be synced.`);
  }

  #state(name: string): SourceState {
    const state = this.#states.get(name) ?? { failures: 0, triedMs: 0, chance: Math.random() };
    this.#states.set(name, state);
    return state;
  }
}
