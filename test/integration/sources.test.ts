/** Models from a folder and from S3 as a user has them: by commands, by a host's schedule, against s3rver. */
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHost } from '../../server/cli/host-client.ts';
import { ModelStore } from '../../server/models/model-store.ts';
import type { SourceRun, SourceView } from '../../server/protocol/admin/source-view.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { externalDataModel } from '../support/foreign-models.ts';
import { demoModels, HostProcess, isRunning, until } from '../support/host-process.ts';
import { millrace, MillraceCommand } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { identityModel } from '../support/models.ts';
import { S3Rver } from '../support/s3-servers.ts';
import { seededRandom } from '../support/seeded-random.ts';

let folder = '';
let data = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-sources-')));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

/** A command with standard input, as a person pipes a key into it. */
async function withInput(input: string, ...args: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, signal: null, stdout, stderr };
}

const sources = (...args: readonly string[]): Promise<CommandResult> => millrace('sources', ...args, '--data', data);
const json = async <T>(...args: readonly string[]): Promise<T> => {
  const { stdout, stderr, code } = await millrace(...args, '--json');
  if (stdout === '') throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

async function writeModel(path: string, seed: number): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, identityModel('FLOAT', [`batch_${seed}`, 4]));
}

/** No process of ours that syncs is left. */
async function syncProcesses(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (/^millrace sync|sync-main\.ts/.test(command) && environment.includes(folder)) found.push(pid);
  }
  return found;
}

describe('a folder as a source', () => {
  it('is added, tried, synced and removed by commands', async () => {
    const share = join(folder, 'share');
    await writeModel(join(share, 'lines', '3', 'model.onnx'), 1);
    expect(await sources('add', 'share', share, '--every', '0')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Added the source share'),
    });
    expect(await sources('test', 'share')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/✓ reach[^]*✓ auth[^]*✓ list[^]*✓ read/),
    });
    const planned = await sources('sync', 'share', '--dry-run');
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining('this was a dry run') });
    expect(await sources('sync', 'share')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('brought lines 3'),
    });
    expect(await new ModelStore(data).versions('lines')).toEqual(['3']);
    expect(await sources('sync')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 version unchanged') });
    expect(await sources('history', 'share')).toMatchObject({
      stdout: expect.stringMatching(/RESULT[^]*unchanged[^]*brought lines 3/),
    });
    expect(await sources('pause', 'share')).toMatchObject({ code: 0 });
    expect(await sources('list')).toMatchObject({
      stdout: expect.stringMatching(/share +\S+share +\* +latest 1 +paused/),
    });
    expect(await sources('sync')).toMatchObject({ code: 2, stderr: expect.stringContaining('no source to sync') });
    expect(await sources('resume', 'share')).toMatchObject({ code: 0 });
    expect(await sources('remove', 'share')).toMatchObject({ code: 0 });
    expect(await sources('list')).toMatchObject({ stdout: expect.stringContaining('There are no sources') });
    expect(await new ModelStore(data).versions('lines')).toEqual(['3']);
    expect(await sources('test', 'share')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no source 'share'"),
    });
  });

  it('says which question it fails', async () => {
    await sources('add', 'gone', join(folder, 'gone'));
    expect(await sources('test', 'gone')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✗ reach There is no folder[^]*- auth/),
    });
    expect(await sources('sync', 'gone')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('There is no folder'),
    });
  });

  it.each([
    [['add', 'Share', '.'], 'small letters'],
    [['add', 'share', 'ftp://host/x'], 'no kind of source'],
    [['add', 'share', 's3://b', '--endpoint', 'http://169.254.169.254', '--allow-private-endpoint'], 'never asked'],
    [['add', 'share', 's3://b', '--endpoint', 'http://127.0.0.1:9000'], '--allow-private-endpoint'],
    [['add', 'share', 's3://b', '--endpoint', 'http://u:planted@host'], 'user name or a password'],
    [['add', 'share', '.', '--versions', 'none'], 'versions'],
  ])('%j is a wrong command line', async (args, message) => {
    const result = await sources(...args);
    expect(result.code === 2 || result.code === 1).toBe(true);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('planted');
    expect(await stat(join(data, 'sources.json')).catch(() => undefined)).toBeUndefined();
  });
});

describe('S3', () => {
  it('takes a model from one machine to another by push and sync', async () => {
    await using server = await S3Rver.start();
    const there = join(folder, 'there');
    const key = 'S3RVER\nS3RVER\n';
    const add = [
      'sources',
      'add',
      'factory',
      's3://models/prod',
      '--endpoint',
      server.endpoint,
      '--allow-private-endpoint',
      '--store-key',
    ];
    expect(await millrace('models', 'import', join(demoModels, 'iris'), '--data', data)).toMatchObject({ code: 0 });
    for (const each of [data, there]) expect(await withInput(key, ...add, '--data', each)).toMatchObject({ code: 0 });
    expect(await millrace('models', 'push', 'iris', '--to', 'factory', '--data', data)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Published version 1 of iris to factory: 4 files and the manifest'),
    });
    expect(await millrace('models', 'push', 'iris', '--to', 'factory', '--data', data)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already'),
    });
    expect(await json('sources', 'sync', 'factory', '--data', there)).toMatchObject([
      { outcome: 'done', versions: [{ model: 'iris', version: '1', state: 'imported' }] },
    ]);
    const store = new ModelStore(there);
    expect((await store.record('iris', '1'))!.digest).toBe((await new ModelStore(data).record('iris', '1'))!.digest);
    expect((await store.check('iris', '1')).fault).toBeUndefined();
    expect(await json<SourceView[]>('sources', 'list', '--data', there)).toMatchObject([
      {
        credentials: 'stored',
        address: expect.stringContaining('s3://models/prod'),
        last: { outcome: 'done', imported: 1 },
      },
    ]);
  });

  it('never shows a key: not in files but its own, nor in outputs, nor where a request fails', async () => {
    await using server = await S3Rver.start();
    const secret = 'planted-secret-0123456789';
    const outputs: CommandResult[] = [];
    outputs.push(
      await withInput(
        `PLANTEDID\n${secret}\n`,
        'sources',
        'add',
        'factory',
        's3://models',
        '--endpoint',
        server.endpoint,
        '--allow-private-endpoint',
        '--every',
        '2',
        '--store-key',
        '--data',
        data,
      ),
    );
    await writeModel(join(folder, 'x.onnx'), 1);
    outputs.push(await millrace('models', 'import', join(folder, 'x.onnx'), '--data', data));
    for (const args of [
      ['test', 'factory'],
      ['sync', 'factory'],
      ['sync', 'factory', '--json'],
      ['list', '--json'],
      ['history', '--json'],
    ])
      outputs.push(await sources(...args));
    outputs.push(await millrace('models', 'push', 'x', '--to', 'factory', '--data', data, '--json'));
    expect(outputs[1]!.code).toBe(0);
    // s3rver does not know the key, so everything that asked it has failed.
    expect(outputs[2]).toMatchObject({ code: 1, stdout: expect.stringMatching(/✓ reach[^]*✗ auth/) });
    expect(outputs.at(-1)).toMatchObject({ code: 1 });
    await using _host = await HostProcess.start({
      models: demoModels,
      settings: { dataDirectory: data, log: { level: 'debug' } },
    });
    const memory = SourceMemory.open(data);
    const runs = memory.history('factory', 100).length;
    await until(
      'the host has tried it too',
      30_000,
      () => memory.history('factory', 100).length > runs && memory.history('factory', 1)[0]!.outcome !== 'running',
    );
    memory.close();
    const status = (await findHost(data)).status;
    for (const text of [JSON.stringify(outputs), JSON.stringify(status)]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain('PLANTEDID');
    }
    const holding: string[] = [];
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
      if (text.includes(secret)) holding.push(entry.name);
    }
    expect(holding).toEqual(['secrets.json']);
    if (process.platform !== 'win32') expect((await stat(join(data, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });
});

describe('a host with sources', () => {
  it('brings what is new by its schedule, and serves on whatever the source does', async () => {
    const share = join(folder, 'share');
    await writeModel(join(share, 'lines', '1', 'model.onnx'), 1);
    const settings = {
      dataDirectory: data,
      sources: [
        { kind: 'directory', name: 'share', path: share, everySeconds: 1 },
        { kind: 'directory', name: 'gone', path: join(folder, 'gone'), everySeconds: 1 },
        {
          kind: 's3',
          name: 'dead',
          bucket: 'b',
          endpoint: 'http://127.0.0.1:1',
          allowPrivateEndpoint: true,
          anonymous: true,
          everySeconds: 1,
        },
      ],
    };
    await using host = await HostProcess.start({ models: demoModels, settings });
    const memory = SourceMemory.open(data);
    const last = (name: string): SourceRun | undefined => memory.history(name, 1)[0];
    const store = new ModelStore(data);
    await until('the first version comes', 60_000, async () => (await store.versions('lines')).includes('1'));
    await writeModel(join(share, 'lines', '2', 'model.onnx'), 2);
    await until('the second version comes', 60_000, async () => (await store.versions('lines')).includes('2'));
    await until('the others have failed', 60_000, () =>
      ['gone', 'dead'].every((name) => last(name)?.outcome === 'failed'),
    );
    const answer = await fetch(`${host.inferenceUrl}/predict/iris`, {
      method: 'POST',
      body: '{"features":[5.1,3.5,1.4,0.2]}',
    });
    expect(await answer.json()).toMatchObject({ prediction: 'setosa' });
    // A command pauses what the settings file names, and the host obeys.
    const config = join(folder, 'settings.json');
    await writeFile(config, JSON.stringify({ sources: settings.sources }));
    expect(await sources('pause', 'share', '--config', config)).toMatchObject({ code: 0 });
    await until('what ran has ended', 30_000, () => last('share')?.outcome === 'done');
    const runs = memory.history('share', 1000).length;
    await writeModel(join(share, 'lines', '3', 'model.onnx'), 3);
    await until(
      'the others go on',
      60_000,
      () => memory.history('gone', 1000).length > 3 || memory.history('dead', 1000).length > 3,
    );
    expect(memory.history('share', 1000).length).toBeLessThanOrEqual(runs + 1);
    memory.close();
    const { models } = (await findHost(data)).status;
    expect(models.every(({ state }) => state === 'READY')).toBe(true);
  });

  it('starts and serves from the store where every source is away', async () => {
    expect(await millrace('models', 'import', join(demoModels, 'iris'), '--data', data)).toMatchObject({ code: 0 });
    const settings = {
      dataDirectory: data,
      sources: [
        {
          kind: 's3',
          name: 'dead',
          bucket: 'b',
          endpoint: 'http://127.0.0.1:1',
          allowPrivateEndpoint: true,
          anonymous: true,
          everySeconds: 1,
        },
      ],
    };
    await using host = await HostProcess.start({ models: join(data, 'models'), settings });
    const answer = await fetch(`${host.inferenceUrl}/predict/iris`, {
      method: 'POST',
      body: '{"features":[5.1,3.5,1.4,0.2]}',
    });
    expect(answer.status).toBe(200);
  });

  it('takes its syncing process with it, however it ends', async () => {
    const share = join(folder, 'share');
    await mkdir(join(share, 'big', '1'), { recursive: true });
    await writeFile(join(share, 'big', '1', 'model.onnx'), externalDataModel([['location', 'weights.bin']]));
    await writeFile(join(share, 'big', '1', 'weights.bin'), Buffer.alloc(200_000_000, 1));
    const settings = {
      dataDirectory: data,
      sources: [{ kind: 'directory', name: 'share', path: share, everySeconds: 1 }],
    };
    for (const end of ['SIGTERM', 'SIGKILL'] as const) {
      process.env['MILLRACE_TEST_FOLDER'] = folder;
      try {
        await using host = await HostProcess.start({ models: demoModels, settings });
        await until('it syncs', 60_000, async () => (await syncProcesses()).length > 0);
        const [pid] = await syncProcesses();
        expect(await isRunning(Number(pid))).toBe(true);
        if (end === 'SIGKILL') await host.kill();
        else {
          host.signal(end);
          expect(await host.exited).toMatchObject({ code: 0 });
        }
        await until('the syncing process ends', 10_000, async () => (await syncProcesses()).length === 0);
      } finally {
        delete process.env['MILLRACE_TEST_FOLDER'];
      }
    }
  });
});

describe('a sync that is killed', () => {
  it('leaves nothing half, and the next one goes on', { timeout: 300_000 }, async () => {
    const share = join(folder, 'share');
    const random = seededRandom(11);
    await mkdir(share, { recursive: true });
    await sources('add', 'share', share, '--versions', 'all');
    const store = new ModelStore(data);
    const whole = async (): Promise<string[]> => {
      const versions = await store.versions('big');
      for (const version of versions) expect(await store.check('big', version)).toMatchObject({ fault: undefined });
      expect(await store.quarantined()).toEqual([]);
      return versions;
    };
    let killed = 0;
    let wholeMs = 3000;
    for (let attempt = 1; attempt <= 12; attempt++) {
      const version = join(share, 'big', String(attempt));
      await mkdir(version, { recursive: true });
      await writeFile(join(version, 'model.onnx'), externalDataModel([['location', 'weights.bin']]));
      await writeFile(join(version, 'weights.bin'), Buffer.alloc(30_000_000, attempt));
      // Seen twice already: the killed command is one that fetches at once.
      const memory = SourceMemory.open(data, () => Date.now() - 60_000);
      const { DirectorySource } = await import('../../server/sources/directory-source.ts');
      const { readListing } = await import('../../server/sources/source-listing.ts');
      const entries = [];
      for await (const page of new DirectorySource({ path: share }).list()) entries.push(...page);
      for (const each of readListing(entries).models[0]!.versions)
        memory.see('share', 'big', each.version, each.fingerprint);
      memory.close();
      const startedMs = performance.now();
      const command = new MillraceCommand(['sources', 'sync', 'share', '--data', data]);
      const timer = setTimeout(() => command.child.kill('SIGKILL'), wholeMs * (0.2 + 0.9 * random()));
      const { signal, stderr, code } = await command.ended;
      clearTimeout(timer);
      if (signal === 'SIGKILL') killed++;
      else {
        expect(stderr).toBe('');
        expect(code).toBe(0);
        wholeMs = Math.min(wholeMs, performance.now() - startedMs);
      }
      await whole();
    }
    expect(killed).toBeGreaterThan(3);
    expect(await sources('sync', 'share')).toMatchObject({ code: 0 });
    expect(await whole()).toHaveLength(12);
    expect(await readdir(join(data, 'staging'))).toEqual([]);
    expect(await readdir(join(data, 'downloads', 'share'))).toEqual([]);
    const runs = await json<SourceRun[]>('sources', 'history', '--limit', '50', '--data', data);
    expect(runs.filter(({ outcome }) => outcome === 'interrupted').length).toBeGreaterThan(0);
    expect(runs.filter(({ outcome }) => outcome === 'running')).toEqual([]);
  });
});
