/** Single copies of a running host: drained, resumed and restarted under load, over the admin API and the command line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CopyView } from '../../server/protocol/admin/copy-view.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { isRunning, until } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';
import type { LoadReport } from '../support/load.ts';
import { millrace } from '../support/millrace-command.ts';
import { childPids, TestHost } from '../support/test-host.ts';

const row = JSON.stringify({ features: [5, 3, 1, 0.2] });

async function copiesOf(host: TestHost, model = 'iris'): Promise<CopyView[]> {
  return (await host.admin('/copies')).json<CopyView[]>().filter((copy) => copy.model === model);
}

async function copyOf(host: TestHost, name: string): Promise<CopyView> {
  const found = (await copiesOf(host)).filter((copy) => copy.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]!;
}

function order(host: TestHost, verb: string, name: string) {
  return host.admin(`/copies/${verb}`, { body: JSON.stringify({ name }) });
}

async function restarted(host: TestHost, name: string): Promise<JobView> {
  const answer = await order(host, 'restart', name);
  expect([answer.status, answer.text]).toEqual([202, expect.any(String)]);
  const { id } = answer.json<JobView>();
  let job: JobView | undefined;
  await until(`the restart of ${name} has ended`, 60_000, async () => {
    job = (await host.admin(`/jobs/${id}`)).json<JobView>();
    return job.state !== 'running';
  });
  return job!;
}

/** Load on iris while `action` runs; the report has every request. */
async function underLoad(host: TestHost, action: () => Promise<void>): Promise<LoadReport> {
  let isOver = false;
  const load = runLoad({ url: `${host.url}/predict/iris`, body: () => row, connections: 8, stopped: () => isOver });
  try {
    await action();
  } finally {
    isOver = true;
  }
  return load;
}

function expectNothingLost({ answered, statuses, lost, firstBad }: LoadReport): void {
  expect(firstBad).toBeUndefined();
  expect(lost).toEqual([]);
  expect(statuses).toEqual({ 200: answered });
  expect(answered).toBeGreaterThan(50);
}

describe('copies of a host with two of each model', { timeout: 120_000 }, () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.start({ settings: { defaults: { replicas: 2 } } });
    await until('both copies are ready', 30_000, async () => {
      return (await copiesOf(host)).filter(({ state }) => state === 'ready').length === 2;
    });
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  it('are drained: what a copy has is answered, it gets nothing new and stays loaded, until it is resumed', async () => {
    const report = await underLoad(host, async () => {
      const answer = await order(host, 'drain', 'iris/1#0');
      expect([answer.status, answer.json<CopyView>().state]).toEqual([200, expect.stringMatching(/^drain/)]);
      await until('the copy is idle', 10_000, async () => (await copyOf(host, 'iris/1#0')).state === 'drained');
      const before = await copyOf(host, 'iris/1#0');
      const other = await copyOf(host, 'iris/1#1');
      await until('the other copy has answered 200 more', 30_000, async () => {
        return (await copyOf(host, 'iris/1#1')).answered >= other.answered + 200;
      });
      expect(await copyOf(host, 'iris/1#0')).toMatchObject({ answered: before.answered, pid: before.pid, inFlight: 0 });
      expect((await order(host, 'resume', 'iris/1#0')).json<CopyView>()).toMatchObject({ state: 'ready' });
      await until('it answers again', 10_000, async () => (await copyOf(host, 'iris/1#0')).answered > before.answered);
    });
    expectNothingLost(report);
  });

  it('are restarted one after the other under load, and no request is lost', async () => {
    const before = await copiesOf(host);
    const report = await underLoad(host, async () => {
      for (const { name } of before) {
        const job = await restarted(host, name);
        expect(job).toMatchObject({ state: 'done', result: { name, state: 'ready', restarts: 1 } });
      }
    });
    expectNothingLost(report);
    const after = await copiesOf(host);
    expect(after.map(({ name }) => name).toSorted()).toEqual(['iris/1#0', 'iris/1#1']);
    const pids = new Set(before.map(({ pid }) => pid));
    expect(after.filter(({ pid }) => pids.has(pid))).toEqual([]);
    for (const pid of pids) expect(await isRunning(pid), `process ${pid}`).toBe(false);
    // No process is there that the host does not know of: one per place, and the warden.
    expect((await childPids()).toSorted()).toEqual((await host.pids()).toSorted());
    expect(after.every(({ lastExit }) => lastExit === 'ended on request')).toBe(true);
    // An order is no accident: the number that alarms people stays 0.
    expect((await host.status()).models.find(({ name }) => name === 'iris')!.versions[0]!.restarts).toBe(0);
  });

  it('go on answering when the new process of a restart is killed', async () => {
    const [copy] = await copiesOf(host);
    const report = await underLoad(host, async () => {
      const ended = restarted(host, copy!.name);
      await until('a second process is there', 10_000, async () => {
        const fresh = (await copiesOf(host)).find(({ name, pid }) => name === copy!.name && pid !== copy!.pid);
        if (fresh !== undefined) process.kill(fresh.pid, 'SIGKILL');
        return fresh !== undefined;
      });
      expect((await ended).state).toBe('done');
    });
    expectNothingLost(report);
    expect(await copyOf(host, copy!.name)).toMatchObject({ state: 'ready', lastExit: expect.any(String) });
  });

  it('are ended by a smaller number that is ordered while one is restarted', async () => {
    const ended = restarted(host, 'iris/1#1');
    await host.admin('/scaling/iris', { method: 'PUT', body: JSON.stringify({ mode: 'manual', replicas: 1 }) });
    expect((await ended).state).toBe('done');
    await until('one copy is left', 20_000, async () => (await copiesOf(host)).length === 1);
    await host.admin('/scaling/iris', { method: 'PUT', body: JSON.stringify({ mode: 'settings' }) });
    await until('two copies are ready', 30_000, async () => {
      const copies = await copiesOf(host);
      return copies.length === 2 && copies.every(({ state }) => state === 'ready');
    });
  });

  it('are told of in sentences', async () => {
    const events = (await host.admin('/events?kind=replica&limit=200')).json<HostEvent[]>();
    const sentences = events.map(({ sentence }) => sentence);
    expect(sentences).toContain('iris/1#0 is drained by hand: it answers what it has and gets nothing new.');
    expect(sentences).toContain('iris/1#0 is restarted by hand; it answers until the new process is ready.');
  });

  it('are refused under a name that nobody has', async () => {
    expect((await order(host, 'restart', 'iris/1#77')).json()).toMatchObject({ code: 'not-found' });
    expect((await order(host, 'drain', 'iris/1#77')).json()).toMatchObject({ code: 'not-found' });
    expect((await host.admin('/copies/drain', { body: '{}' })).status).toBe(400);
  });

  it('are listed, drained, resumed and restarted by the command line', async () => {
    const copies = (...args: string[]) => millrace('copies', ...args, '--data', host.dataDirectory);
    const [name] = (await copiesOf(host)).map((copy) => copy.name);
    expect((await copies('list')).stdout).toMatch(/^COPY +STATE [^]*iris\/1#\d +ready +cpu/m);
    expect((await copies('drain', name!)).stdout).toBe(`${name} gets no requests any more.\n`);
    expect((await copies('list')).stdout).toContain('drained');
    expect((await copies('resume', name!)).stdout).toBe(`${name} gets requests again.\n`);
    expect((await copies('restart', name!)).stdout).toMatch(/runs as process \d+ now\.\n$/);
    expect((await copies('drain', 'nobody')).code).toBe(1);
  });
});

describe('the only copy of a model', { timeout: 120_000 }, () => {
  it('is not drained, and restarted without a request lost', async () => {
    await using host = await TestHost.start({ settings: { defaults: { replicas: 1 } } });
    expect((await order(host, 'drain', 'iris/1#0')).json()).toMatchObject({
      code: 'conflict',
      error: 'iris/1#0 is the only copy that takes requests; without it they would wait.',
    });
    const seen = new Set<string>();
    const report = await underLoad(host, async () => {
      const ended = restarted(host, 'iris/1#0');
      await until('the old process answers beside the new one', 30_000, async () => {
        const states = (await copiesOf(host)).map(({ state }) => state);
        seen.add(states.toSorted().join(' '));
        return states.includes('starting');
      });
      expect((await ended).state).toBe('done');
    });
    expectNothingLost(report);
    expect([...seen]).toContain('ready starting');
  });

  it('ends before its successor starts where memory does not hold both; requests wait for it', async () => {
    await using host = await TestHost.start({
      settings: { defaults: { replicas: 1 }, memoryBudgetBytes: 600_000_000 },
    });
    const before = await copyOf(host, 'iris/1#0');
    const report = await underLoad(host, async () => {
      expect((await restarted(host, 'iris/1#0')).state).toBe('done');
      await until('the new process answers', 30_000, async () => (await copyOf(host, 'iris/1#0')).answered > 100);
    });
    expectNothingLost(report);
    const events = (await host.admin('/events?kind=replica')).json<HostEvent[]>();
    expect(events.map(({ sentence }) => sentence)).toContain(
      'iris/1#0 is restarted by hand; it ends first, because memory does not hold both.',
    );
    expect((await copyOf(host, 'iris/1#0')).pid).not.toBe(before.pid);
  });
});
