/** A running host with sources: what comes is served or waits as the settings say, over the admin API and by commands. */
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostClient } from '../../server/cli/host-client.ts';
import { ModelStore } from '../../server/models/model-store.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import type { SourceRun, SourceView, SyncReportView } from '../../server/protocol/admin/source-view.ts';
import { HostProcess, until } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';
import { identityModel } from '../support/models.ts';

let folder = '';
let data = '';
let share = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-host-sources-')));
  data = join(folder, 'data');
  share = join(folder, 'share');
  await publish('lines', '1');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As a person copies a model to a share: no manifest. */
async function publish(model: string, version: string): Promise<void> {
  await mkdir(join(share, model, version), { recursive: true });
  const seed = `batch_${model}_${version}`;
  await writeFile(join(share, model, version, 'model.onnx'), identityModel('FLOAT', [seed, 4]));
}

/** A host that serves the store, which has one model, and knows the share; nothing is synced but by hand. */
async function startHost(source: object = {}): Promise<HostProcess> {
  const seed = join(folder, 'seed', 'first', '1');
  await mkdir(seed, { recursive: true });
  await writeFile(join(seed, 'model.onnx'), identityModel('FLOAT', ['batch', 4]));
  expect(await millrace('models', 'import', join(folder, 'seed', 'first'), '--data', data)).toMatchObject({ code: 0 });
  const settings = {
    dataDirectory: data,
    sources: [{ kind: 'directory', name: 'share', path: share, everySeconds: 0, ...source }],
  };
  return HostProcess.start({ models: join(data, 'models'), settings });
}

async function synced(client: HostClient, source = 'share', wish: object = {}): Promise<SyncReportView> {
  let job = await client.post<JobView>(`/sources/${source}/sync`, wish);
  await until('the sync ends', 60_000, async () => {
    job = await client.get<JobView>(`/jobs/${job.id}`);
    return job.state !== 'running';
  });
  expect(job).toMatchObject({ kind: 'sync', state: 'done' });
  return job.result as SyncReportView;
}

async function servedVersion(model: string): Promise<string | undefined> {
  const { models } = await (await HostClient.find(data)).status();
  const found = models.find(({ name }) => name === model);
  return found?.state === 'READY' ? found.servedVersion : undefined;
}

describe('a running host', () => {
  it('serves a new model and a new version as soon as a sync has brought them', { timeout: 120_000 }, async () => {
    await using host = await startHost();
    const client = await HostClient.find(data);
    expect(await synced(client)).toMatchObject({ outcome: 'done', versions: [{ model: 'lines', state: 'imported' }] });
    await until('version 1 answers', 30_000, async () => (await servedVersion('lines')) === '1');
    await publish('lines', '2');
    // The command goes through the host, which takes notice.
    const command = await millrace('sources', 'sync', 'share', '--data', data);
    expect(command).toMatchObject({ code: 0, stdout: expect.stringContaining('brought lines 2') });
    await until('version 2 answers', 30_000, async () => (await servedVersion('lines')) === '2');
    const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] });
    const answer = await fetch(`${host.inferenceUrl}/v2/models/lines/infer`, { method: 'POST', body });
    expect(answer.status).toBe(200);
  });

  it(
    'lets a new version wait where the settings say so, until a person promotes it',
    { timeout: 120_000 },
    async () => {
      await using _host = await startHost({ promote: false });
      const client = await HostClient.find(data);
      await synced(client);
      await until('version 1 answers', 30_000, async () => (await servedVersion('lines')) === '1');
      await publish('lines', '2');
      expect(await synced(client)).toMatchObject({ versions: [{ version: '2', state: 'imported' }] });
      expect(await new ModelStore(data).versions('lines')).toEqual(['1', '2']);
      expect(await servedVersion('lines')).toBe('1');
    },
  );

  it(
    'adds, lists, tries, pauses and removes sources over its API, and tells no key',
    { timeout: 120_000 },
    async () => {
      await using _host = await startHost();
      const client = await HostClient.find(data);
      const ask = async (method: string, path: string, body?: object): Promise<{ status: number; text: string }> => {
        const response = await fetch(`${client.run.adminUrl}/api/v1${path}`, {
          method,
          headers: { Authorization: `Bearer ${client.run.adminToken}`, 'Content-Type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, text: await response.text() };
      };
      const key = { accessKeyId: 'AKPLANTED', secretAccessKey: 'planted-secret' };
      const s3 = { kind: 's3', name: 'factory', bucket: 'b', endpoint: 'http://127.0.0.1:1', everySeconds: 0 };
      expect(await ask('POST', '/sources', { settings: s3, key })).toMatchObject({
        status: 502,
        text: expect.stringContaining('this machine'),
      });
      const allowed = { ...s3, allowPrivateEndpoint: true };
      const answers = [
        await ask('POST', '/sources', { settings: allowed, key }),
        await ask('PUT', '/sources/factory/key', key),
        await ask('GET', '/sources'),
        await ask('POST', '/sources/factory/check', {}),
        await ask('PATCH', '/sources/factory', { paused: true }),
        await ask('GET', '/source-runs?source=factory&limit=5'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 200]);
      for (const { text } of answers) expect(text).not.toMatch(/planted/i);
      expect(JSON.parse(answers[2]!.text)).toMatchObject([
        { settings: { name: 'factory' }, origin: 'added', credentials: 'stored' },
        { settings: { name: 'share' }, origin: 'settings', credentials: 'none' },
      ]);
      expect(JSON.parse(answers[3]!.text)).toMatchObject([
        { step: 'reach', state: 'failed' },
        { state: 'skipped' },
        { state: 'skipped' },
        { state: 'skipped' },
      ]);
      expect(JSON.parse(answers[4]!.text)).toMatchObject({ paused: true });
      expect(await ask('POST', '/sources', { settings: allowed })).toMatchObject({
        status: 500,
        text: expect.stringContaining('already'),
      });
      expect(await ask('POST', '/sources', { settings: { ...allowed, secretAccessKey: 'x' } })).toMatchObject({
        status: 400,
      });
      expect(await ask('POST', '/sources/none/sync', {})).toMatchObject({
        status: 404,
        text: expect.stringContaining('unknown-source'),
      });
      expect(await ask('GET', '/source-runs?limit=0')).toMatchObject({ status: 400 });
      expect(await ask('DELETE', '/sources/factory/key')).toMatchObject({
        status: 200,
        text: expect.stringContaining('"credentials":"aws"'),
      });
      expect(await ask('DELETE', '/sources/factory')).toMatchObject({ status: 200 });
      expect(await ask('DELETE', '/sources/share')).toMatchObject({
        status: 500,
        text: expect.stringContaining('settings file'),
      });
      expect((await client.get<SourceView[]>('/sources')).map(({ settings }) => settings.name)).toEqual(['share']);
    },
  );

  it('publishes as a job, and takes it back in a dry run as unchanged', { timeout: 120_000 }, async () => {
    await using _host = await startHost();
    const client = await HostClient.find(data);
    let job = await client.post<JobView>('/sources/share/push', { model: 'first' });
    await until('it is published', 60_000, async () => {
      job = await client.get<JobView>(`/jobs/${job.id}`);
      return job.state !== 'running';
    });
    expect(job).toMatchObject({
      kind: 'push',
      state: 'done',
      command: 'millrace models push first --to share',
      result: { state: 'pushed', version: '1' },
    });
    expect((await readdir(join(share, 'first', '1'))).toSorted()).toEqual(['millrace-manifest.json', 'model.onnx']);
    const report = await synced(client, 'share', { dryRun: true });
    expect(report.versions.map(({ model, state }) => `${model} ${state}`)).toEqual([
      'first unchanged',
      'lines waiting',
    ]);
    expect(await client.get<SourceRun[]>('/source-runs')).toMatchObject([{ trigger: 'push', outcome: 'done' }]);
    // The command is such a job too, of the host that knows the source: this command was shown no settings file.
    const pushed = await millrace('models', 'push', 'first', '--to', 'share', '--data', data);
    expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining('already') });
    const jobs = (await client.get<JobView[]>('/jobs')).filter(({ kind }) => kind === 'push');
    expect(jobs).toMatchObject([{ result: { state: 'unchanged' } }, { result: { state: 'pushed' } }]);
    const refused = await millrace('models', 'push', 'nothing', '--to', 'share', '--data', data);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("no model 'nothing'") });
    const unknown = await millrace('models', 'push', 'first', '--to', 'nowhere', '--data', data);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("no source 'nowhere'") });
  });

  it(
    'that waits for its sources is ready once they have been synced, and then for good',
    { timeout: 120_000 },
    async () => {
      const path = join(folder, 'late');
      const settings = {
        dataDirectory: data,
        waitForSources: true,
        sources: [{ kind: 'directory', name: 'late', path, everySeconds: 1 }],
      };
      const readiness = async (url: string): Promise<number> => (await fetch(`${url}/v2/health/ready`)).status;
      const models = join(data, 'models');
      {
        await using host = await HostProcess.start({ models, settings });
        const client = await HostClient.find(data);
        await until('a sync has failed', 30_000, async () =>
          (await client.get<SourceRun[]>('/source-runs')).some(({ outcome }) => outcome === 'failed'),
        );
        expect(await readiness(host.inferenceUrl)).toBe(503);
        expect((await fetch(`${host.inferenceUrl}/v2/health/live`)).status).toBe(200);
        share = path;
        await publish('lines', '1');
        await until('it is ready', 60_000, async () => (await readiness(host.inferenceUrl)) === 200);
        expect(await servedVersion('lines')).toBe('1');
      }
      // What it has it may serve, also where the source cannot be asked.
      await rm(path, { recursive: true });
      await using again = await HostProcess.start({ models, settings });
      await until('it is ready', 30_000, async () => (await readiness(again.inferenceUrl)) === 200);
      expect(await servedVersion('lines')).toBe('1');
    },
  );
});
