/** Devices, load tests and tunings over the admin API of a real host. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostClient } from '../../server/cli/host-client.ts';
import { cancelJob, followJob } from '../../server/cli/host-jobs.ts';
import type { DevicesView } from '../../server/protocol/admin/devices-view.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import type { LoadResult } from '../../server/protocol/admin/load-result.ts';
import { StoreHost } from '../support/millrace-command.ts';
import { childPids } from '../support/test-host.ts';
import { until } from '../support/host-process.ts';

let folder: string;
let host: StoreHost;
let client: HostClient;
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-measuring-'));
  host = await StoreHost.start(folder);
  client = await HostClient.find(folder);
});
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true });
  expect(await childPids()).toEqual([]);
});

const closed = (seconds: number) => ({
  kind: 'closed',
  connections: [{ from: 2, to: 2, durationMs: seconds * 1000 }],
});

describe('a load test over the API', () => {
  it('is a job with progress, whose result has no key in it', { timeout: 120_000 }, async () => {
    const plan = { model: 'iris', drive: closed(1), headers: { 'X-Key': 's3cret' } };
    const started = await client.post<JobView>('/load-tests', plan);
    expect(started).toMatchObject({
      kind: 'bench',
      state: 'running',
      command: 'millrace bench iris --connections 2 --duration 1000ms',
    });
    const steps = new Set<string>();
    const done = await followJob(client, started, ({ step }) => steps.add(step), never);
    const { measurement, target } = done.result as LoadResult;
    expect(measurement!.counts).toMatchObject({ failed: 0 });
    expect(measurement!.counts.answered).toBeGreaterThan(10);
    expect(target.inputs).toBe('samples');
    expect(JSON.stringify(done)).not.toContain('s3cret');
    expect(steps.has('Testing')).toBe(true);
  });

  it('ends when it is canceled, with its process', { timeout: 120_000 }, async () => {
    const started = await client.post<JobView>('/load-tests', { model: 'iris', drive: closed(600) });
    await until('it runs', 60_000, async () => (await client.get<JobView>(`/jobs/${started.id}`)).progress.done > 0);
    const ended = await cancelJob(client, started.id);
    expect(ended.state).not.toBe('running');
  });

  it.each([
    ['a misspelt member', { model: 'iris', drive: closed(1), rows_: 2 }],
    ['a load without end', { model: 'iris', drive: closed(90_000) }],
  ])('is refused with %s', async (_, body) => {
    await expect(client.post('/load-tests', body)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('tuning over the API', () => {
  it('fails as a job for a model that is not there, and has nothing to undo', async () => {
    const started = await client.post<JobView>('/tunings', { model: 'nothing', budgetMs: 10_000 });
    await expect(followJob(client, started, () => {}, never)).rejects.toMatchObject({ code: 'unknown-model' });
    await expect(client.post('/tunings/undo', { model: 'iris' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(client.post('/tunings/undo', { model: '../iris' })).rejects.toMatchObject({ code: 'invalid-name' });
  });
});

it('devices are told over the API, as they are on the command line', { timeout: 120_000 }, async () => {
  const { devices, machine } = await client.get<DevicesView>('/devices').catch(async () => {
    // The first probe may take longer than a command waits for an answer; the host goes on with it or begins again.
    await until('they are known', 90_000, () =>
      client.get('/devices').then(
        () => true,
        () => false,
      ),
    );
    return client.get<DevicesView>('/devices');
  });
  expect(devices.find(({ name }) => name === 'cpu')).toMatchObject({ isUsable: true });
  expect(machine.logicalCores).toBeGreaterThan(0);
});
