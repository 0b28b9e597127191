/**
 * Long work that the admin API starts: each is a job with progress, that can be canceled, and whose result is kept for a
 * while. Bounded in what runs and in what is kept.
 */
import { randomUUID } from 'node:crypto';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { ErrorBody } from '../protocol/admin/error-body.ts';
import type { JobProgress, JobView } from '../protocol/admin/job-view.ts';

/** At once: an import reads and tries a model, a load test wants the machine; more would only slow each other. */
const maxRunning = 8;

/** Ended ones that are still listed; the oldest goes first. */
const maxEnded = 50;

export interface JobStart {
  readonly kind: JobView['kind'];
  readonly title: string;
  readonly command: string;
  readonly unit: JobProgress['unit'];
  /** Does the work. Ends soon after `signal` is aborted, and leaves nothing half done. Its value is the result. */
  run(signal: AbortSignal, onProgress: (progress: JobProgress) => void): Promise<unknown>;
}

interface Job {
  view: JobView;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export interface JobListOptions {
  /** Writes to the log what a client is told less of. */
  onError?(error: MillraceError, view: JobView): void;
  /** Wall clock, milliseconds. */
  now?(): number;
}

export class JobList {
  readonly #options: JobListOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: JobListOptions = {}) {
    this.#options = options;
  }

  /** Starts at once and returns at once. Throws `queue-full`. */
  start(start: JobStart): JobView {
    if (this.#running().length >= maxRunning) {
      throw new MillraceError('queue-full', `${maxRunning} jobs run already.`, {
        hint: 'Wait for one of them, or cancel one.',
        retryable: true,
        retryAfterSeconds: 5,
      });
    }
    const id = randomUUID();
    const abort = new AbortController();
    const view: JobView = {
      id,
      kind: start.kind,
      title: start.title,
      command: start.command,
      state: 'running',
      progress: { step: 'Starting', done: 0, total: 0, unit: start.unit },
      startedAt: this.#nowText(),
    };
    const job: Job = { view, abort, ended: this.#run(id, start, abort) };
    this.#jobs.set(id, job);
    this.#forgetOld();
    return view;
  }

  /** Throws `not-found`. */
  find(id: string): JobView {
    return this.#find(id).view;
  }

  /** Newest first. */
  list(): readonly JobView[] {
    return [...this.#jobs.values()].map(({ view }) => view).toReversed();
  }

  /** Asks a job to stop and resolves with it when it has. Throws `not-found`, and `conflict` where it has ended already. */
  async cancel(id: string): Promise<JobView> {
    const job = this.#find(id);
    if (job.view.state !== 'running') {
      throw new MillraceError('conflict', `${job.view.title} has ended already: ${job.view.state}.`);
    }
    job.abort.abort();
    await job.ended;
    return job.view;
  }

  /** Cancels what runs and resolves when it has ended. */
  async stop(): Promise<void> {
    const running = this.#running();
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #run(id: string, start: JobStart, abort: AbortController): Promise<void> {
    // The job is in the list before its work begins.
    await Promise.resolve();
    const change = (members: Partial<JobView>): void => {
      const job = this.#jobs.get(id)!;
      job.view = { ...job.view, ...members };
    };
    try {
      const result = await start.run(abort.signal, (progress) => change({ progress }));
      change({ state: 'done', endedAt: this.#nowText(), ...(result !== undefined && { result }) });
    } catch (error) {
      if (abort.signal.aborted) {
        change({ state: 'canceled', endedAt: this.#nowText() });
        return;
      }
      const known = asMillraceError(error);
      const requestId = known.code === 'internal' ? id.slice(0, 8) : undefined;
      change({ state: 'failed', endedAt: this.#nowText(), error: bodyOf(known, requestId) });
      this.#options.onError?.(known, this.#find(id).view);
    }
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new MillraceError('not-found', 'No job has this id, or it ended too long ago.', {
      hint: 'GET /api/v1/jobs lists them.',
    });
  }

  #running(): Job[] {
    return [...this.#jobs.values()].filter(({ view }) => view.state === 'running');
  }

  #forgetOld(): void {
    const ended = [...this.#jobs.values()].filter(({ view }) => view.state !== 'running');
    for (const { view } of ended.slice(0, Math.max(0, ended.length - maxEnded))) this.#jobs.delete(view.id);
  }

  #nowText(): string {
    return new Date(this.#options.now?.() ?? Date.now()).toISOString();
  }
}

function bodyOf(error: MillraceError, requestId: string | undefined): ErrorBody {
  return {
    error: error.message,
    code: error.code,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.details !== undefined && { details: error.details }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
}
