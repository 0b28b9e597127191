/** `millrace doctor`, its routes and the diagnostics bundle, with a host and without; secrets planted everywhere, and searched for. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import type { ZipFile } from 'yauzl';
import { HostClient } from '../../server/cli/host-client.ts';
import { followJob } from '../../server/cli/host-jobs.ts';
import type { BundleView, DoctorView } from '../../server/protocol/admin/doctor-view.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { SecretsFile } from '../../server/sources/secrets-file.ts';
import { MillraceCommand, millrace } from '../support/millrace-command.ts';
import { TestHost } from '../support/test-host.ts';

const never = new AbortController().signal;

async function run<Result>(client: HostClient, path: string, body: object = {}): Promise<Result> {
  const done = await followJob(client, await client.post<JobView>(path, body), () => {}, never);
  return done.result as Result;
}

/** The texts of a zip file by name. */
async function unzip(bytes: Buffer): Promise<Map<string, string>> {
  const zip = await promisify<Buffer, object, ZipFile>(fromBuffer)(bytes, { lazyEntries: true });
  const texts = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', resolve);
    zip.on('entry', (entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error !== null) return reject(error);
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          texts.set(entry.fileName, Buffer.concat(chunks).toString());
          zip.readEntry();
        });
      });
    });
    zip.readEntry();
  });
  return texts;
}

/** Values that a person must never find in a file that was saved for somebody else. */
const planted = {
  s3Key: 'AKIAZZZZZZZZZZZZZZZZ',
  s3Secret: 'plantedS3/secret+Value0123456789',
  redis: 'planted-redis-pass',
  variable: 'planted-variable-value',
  logged: 'plantedLoggedToken99',
};

describe('with a running host', { timeout: 180_000 }, () => {
  let host: TestHost;
  let client: HostClient;
  beforeAll(async () => {
    process.env['PLANTED_API_KEY'] = planted.variable;
    host = await TestHost.start({
      settings: {
        // Nobody is there; saved answers are off by themselves and the address stays in the settings.
        features: { redis: `redis://millrace:${planted.redis}@127.0.0.1:1` },
      },
      prepare: async (dataDirectory) => {
        await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
        await new SecretsFile(dataDirectory).store('factory', {
          accessKeyId: planted.s3Key,
          secretAccessKey: planted.s3Secret,
        });
      },
    });
    client = await HostClient.find(host.dataDirectory);
  });
  afterAll(async () => {
    delete process.env['PLANTED_API_KEY'];
    await rm(join(host.dataDirectory, 'secrets.json'), { force: true });
    await host?.[Symbol.asyncDispose]();
  });

  it('is a job that says what is well and what is not', async () => {
    const { findings, isHostRunning } = await run<DoctorView>(client, '/doctor');
    const state = (check: string) => findings.find((finding) => finding.check === check)?.state;
    expect(isHostRunning).toBe(true);
    expect([state('host'), state('data-folder'), state('databases'), state('runtime'), state('model-files')]).toEqual([
      'good',
      'good',
      'good',
      'good',
      'good',
    ]);
    expect(findings.every(({ state: is, fix }) => is === 'good' || is === 'unknown' || fix !== undefined)).toBe(true);
  });

  it('sees files that others may read', async () => {
    await chmod(host.dataDirectory, 0o755);
    const path = join(host.dataDirectory, 'settings.json');
    await writeFile(path, '{"values":{},"undo":[]}', { mode: 0o644 });
    await chmod(path, 0o644);
    const { findings } = await run<DoctorView>(client, '/doctor');
    expect(findings.find(({ check }) => check === 'permissions')).toMatchObject({
      state: 'attention',
      sentence: expect.stringContaining('may read events.db'),
      command: expect.stringContaining('chmod'),
    });
    await chmod(host.dataDirectory, 0o700);
  });

  it('puts together a bundle without a single secret, to look at and to save', async () => {
    // What a client sends comes into events and the log in many ways; these lines stand for all of them.
    await host.admin('/launch-links', { body: '{}' });
    await host.send('/v2/models/iris', { headers: { Authorization: `Bearer ${planted.logged}` } });
    await host.admin('/jobs/x', { headers: { Cookie: `millrace=${planted.logged}` } });
    const bundle = await run<BundleView>(client, '/diagnostics');
    expect(bundle.files.map(({ name }) => name)).toEqual([
      'doctor.txt',
      'system.json',
      'settings.json',
      'status.json',
      'events.jsonl',
      'log.jsonl',
      'metrics.txt',
    ]);
    const texts = await unzip(await client.bytes(`/diagnostics/${bundle.id}/zip`));
    expect([...texts.keys()]).toEqual(bundle.files.map(({ name }) => `millrace-diagnostics/${name}`));
    for (const { name, sizeBytes } of bundle.files) {
      const saved = texts.get(`millrace-diagnostics/${name}`)!;
      expect((await host.admin(`/diagnostics/${bundle.id}/files/${name}`)).text, name).toBe(saved);
      expect(Buffer.byteLength(saved), name).toBe(sizeBytes);
      expect(saved.length, name).toBeGreaterThan(50);
      for (const [what, secret] of Object.entries({ ...planted, token: host.adminToken })) {
        expect(saved.includes(secret), `${what} in ${name}`).toBe(false);
      }
    }
    expect(texts.get('millrace-diagnostics/settings.json')).toContain('features.redis');
    expect(texts.get('millrace-diagnostics/events.jsonl')).toContain('has started');
  });

  it('saves what is left when files are left out, and says what is no bundle', async () => {
    const bundle = await run<BundleView>(client, '/diagnostics');
    const texts = await unzip(await client.bytes(`/diagnostics/${bundle.id}/zip?without=log.jsonl,events.jsonl`));
    expect([...texts.keys()].some((name) => /log|events/.test(name))).toBe(false);
    expect(texts.size).toBe(5);
    expect((await host.admin(`/diagnostics/${bundle.id}/zip?without=nothing`)).status).toBe(404);
    expect((await host.admin('/diagnostics/none')).json()).toMatchObject({ code: 'not-found' });
    expect((await host.admin(`/diagnostics/${bundle.id}/files/..%2f..%2fsecrets.json`)).status).toBe(404);
  });

  it('is what the command line prints, with a bundle beside it', async () => {
    const path = join(host.dataDirectory, '..', 'bundle.zip');
    const { stdout, stderr, code } = await millrace('doctor', '--data', host.dataDirectory, '--bundle', path);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ok +host +Millrace .* runs as process \d+/m);
    expect(stdout).toContain('secrets were taken out. Look into it before you send it.');
    expect(code).toBe(0);
    expect((await unzip(await readFile(path))).size).toBe(7);
    await rm(path);
    const json = JSON.parse((await millrace('doctor', '--json', '--data', host.dataDirectory)).stdout) as DoctorView;
    expect(json.isHostRunning).toBe(true);
  });
});

describe('without a host', { timeout: 180_000 }, () => {
  it('looks at what is there: ports, crashes, damaged files, and saves a bundle', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
    const data = join(folder, 'data');
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      // A host that is killed, so that its run ended without a stop.
      const host = new MillraceCommand([
        'serve',
        '--demo',
        '--json',
        '--data',
        data,
        '--port',
        '0',
        '--admin-port',
        '0',
      ]);
      await new Promise<void>((resolve) => host.child.stdout!.once('data', () => resolve()));
      host.child.kill('SIGKILL');
      await host.ended;
      for (const ending of ['-wal', '-shm']) await rm(join(data, `history.db${ending}`), { force: true });
      await writeFile(join(data, 'history.db'), 'this is no database at all, and never was one');
      await writeFile(
        join(data, 'settings.json'),
        JSON.stringify({ values: { 'http.port': port, 'cache.redis': `redis://:${planted.redis}@h:1` }, undo: [] }),
      );
      const bundle = join(folder, 'bundle.zip');
      const { stdout, code } = await millrace('doctor', '--data', data, '--bundle', bundle);
      expect(stdout).toMatch(/^look +host +No Millrace runs/m);
      expect(stdout).toMatch(
        new RegExp(`^look +port-for-apps +Port ${port} is taken by .*\\(process ${process.pid}\\)`, 'm'),
      );
      expect(stdout).toMatch(/^FAIL +databases +history\.db: /m);
      expect(stdout).toMatch(/^look +crashes +Millrace ended 1 time without/m);
      expect(code).toBe(1);
      const texts = await unzip(await readFile(bundle));
      expect([...texts.values()].join('\n')).not.toContain(planted.redis);
      expect(texts.get('millrace-diagnostics/doctor.txt')).toContain('No Millrace runs');
    } finally {
      holder.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('works for a folder that does not exist, and leaves a damaged file as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
    const file = join(folder, 'file');
    await writeFile(file, 'x');
    try {
      const { stdout, code } = await millrace('doctor', '--data', join(file, 'below'));
      expect(stdout).toMatch(/^FAIL +data-folder +.*a part of its path is a file/m);
      expect(code).toBe(1);
      expect((await stat(file)).size).toBe(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
