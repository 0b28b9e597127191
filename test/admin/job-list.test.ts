import { describe, expect, it } from 'vitest';
import { JobList } from '../../server/admin/job-list.ts';
import type { JobStart } from '../../server/admin/job-list.ts';
import { MillraceError } from '../../server/base/errors.ts';
import type { JobProgress } from '../../server/protocol/admin/job-view.ts';

/** A job whose steps the test takes. */
function steps(title = 'Import a.onnx') {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const started = Promise.withResolvers<{ signal: AbortSignal; report: (progress: JobProgress) => void }>();
  const start: JobStart = {
    kind: 'import',
    title,
    command: 'millrace models import a.onnx',
    unit: 'bytes',
    run(signal, report) {
      started.resolve({ signal, report });
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      return promise;
    },
  };
  return { start, started: started.promise, finish: resolve, fail: reject };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a job', () => {
  it('runs, reports progress and keeps its result', async () => {
    const jobs = new JobList();
    const work = steps();
    const { id } = jobs.start(work.start);
    expect(jobs.find(id)).toMatchObject({ state: 'running', progress: { done: 0, unit: 'bytes' } });
    const { report } = await work.started;
    report({ step: 'Copying a', done: 5, total: 9, unit: 'bytes' });
    expect(jobs.find(id).progress).toMatchObject({ step: 'Copying a', done: 5 });
    work.finish({ versions: 1 });
    await settled();
    expect(jobs.find(id)).toMatchObject({
      state: 'done',
      result: { versions: 1 },
      endedAt: expect.any(String) as string,
    });
  });

  it('fails with the code, the sentence and the hint of its error', async () => {
    const jobs = new JobList();
    const work = steps();
    const { id } = jobs.start(work.start);
    work.fail(new MillraceError('model-load-failed', 'It is a web page.', { hint: 'Download it again.' }));
    await settled();
    expect(jobs.find(id)).toMatchObject({
      state: 'failed',
      error: { code: 'model-load-failed', error: 'It is a web page.', hint: 'Download it again.' },
    });
  });

  it('tells of a defect no more than an id under which the log has the rest', async () => {
    const told: MillraceError[] = [];
    const jobs = new JobList({ onError: (error) => told.push(error) });
    const work = steps();
    const { id } = jobs.start(work.start);
    work.fail(new Error('ENOENT: /home/secret'));
    await settled();
    expect(JSON.stringify(jobs.find(id))).not.toContain('secret');
    expect(jobs.find(id).error).toMatchObject({ code: 'internal', request_id: id.slice(0, 8) });
    expect(told[0]?.cause).toMatchObject({ message: 'ENOENT: /home/secret' });
  });

  it('is canceled by its signal, once it has ended', async () => {
    const jobs = new JobList();
    const work = steps();
    const { id } = jobs.start(work.start);
    await work.started;
    expect(await jobs.cancel(id)).toMatchObject({ state: 'canceled' });
    expect(jobs.find(id)).not.toHaveProperty('error');
    await expect(jobs.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('the list of jobs', () => {
  it('has the newest first and knows no other', () => {
    const jobs = new JobList();
    const ids = ['a', 'b'].map((title) => jobs.start(steps(title).start).id);
    expect(jobs.list().map(({ id }) => id)).toEqual(ids.toReversed());
    expect(() => jobs.find('x')).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  });

  it('runs eight at once and refuses the ninth', () => {
    const jobs = new JobList();
    for (let count = 0; count < 8; count++) jobs.start(steps().start);
    expect(() => jobs.start(steps().start)).toThrow(expect.objectContaining({ code: 'queue-full' }) as Error);
  });

  it('forgets the oldest of more than fifty that have ended, and none that runs', async () => {
    const jobs = new JobList();
    const running = jobs.start(steps().start).id;
    const ids: string[] = [];
    for (let count = 0; count < 60; count++) {
      const work = steps();
      ids.push(jobs.start(work.start).id);
      work.finish(undefined);
      await settled();
    }
    expect(jobs.list().length).toBeLessThanOrEqual(52);
    expect(jobs.find(running).state).toBe('running');
    expect(jobs.find(ids.at(-1)!).state).toBe('done');
    expect(() => jobs.find(ids[0]!)).toThrow();
  });

  it('stops with everything that runs canceled', async () => {
    const jobs = new JobList();
    const work = steps();
    const { id } = jobs.start(work.start);
    await work.started;
    await jobs.stop();
    expect(jobs.find(id).state).toBe('canceled');
  });
});
