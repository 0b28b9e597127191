/** What happens to the store when an import is killed, the disk is full, two come at once, or a model misbehaves. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryModel } from '../../server/inspect/trial-load.ts';
import { ModelStore } from '../../server/models/model-store.ts';
import { externalDataModel } from '../support/foreign-models.ts';
import { until } from '../support/host-process.ts';
import { MillraceCommand, millrace } from '../support/millrace-command.ts';
import { identityModel } from '../support/models.ts';
import { bools, graph, int64s, model, node, tensorInfo } from '../support/onnx-builder.ts';
import { seededRandom } from '../support/seeded-random.ts';

let folder = '';
let data = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-faults-')));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Where Linux keeps it; a system without it skips the test that needs it. */
const program = (name: string): string => join('/usr/bin', name);

async function versionsIntact(): Promise<string[]> {
  const store = new ModelStore(data);
  const versions = await store.versions('big');
  for (const version of versions) expect(await store.check('big', version)).toMatchObject({ fault: undefined });
  expect(await store.quarantined()).toEqual([]);
  return versions;
}

/** A model with weights that no other attempt has. */
async function writeBig(attempt: number, weightBytes = 8_000_000): Promise<string> {
  const path = join(folder, 'big.onnx');
  await writeFile(join(folder, 'weights.bin'), Buffer.alloc(weightBytes, attempt + 1));
  await writeFile(path, externalDataModel([['location', 'weights.bin']]));
  return path;
}

/** Processes that try models, of anyone: by their program until they have set their title. */
function trials(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return /trial-main\.ts|^millrace trial/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });
}

describe('an import that is killed', () => {
  it('leaves the old state or the new one, whenever it happens', { timeout: 180_000 }, async () => {
    const random = seededRandom(5);
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    let startedMs = performance.now();
    expect((await millrace('models', 'import', await writeBig(0), '--data', data)).code).toBe(0);
    let wholeMs = performance.now() - startedMs;
    let published = 1;
    let killed = 0;
    let endedMs = 0;
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      const path = await writeBig(attempt);
      startedMs = performance.now();
      const command = new MillraceCommand(['models', 'import', path, '--data', data], { TMPDIR: temporary });
      command.child.on('exit', () => (endedMs = performance.now()));
      // Nothing of ours runs in the first quarter.
      await new Promise((resolve) => setTimeout(resolve, wholeMs * (0.25 + 0.85 * random())));
      command.child.kill('SIGKILL');
      const { signal, code } = await command.ended;
      const versions = await versionsIntact();
      if (signal === 'SIGKILL') {
        killed += 1;
        expect([published, published + 1]).toContain(versions.length);
      } else {
        expect(code).toBe(0);
        expect(versions).toHaveLength(published + 1);
        // The machine may have other work at one time than at another.
        wholeMs = endedMs - startedMs;
      }
      published = versions.length;
    }
    expect(killed).toBeGreaterThan(10);
    expect((await millrace('models', 'import', await writeBig(99), '--data', data)).code).toBe(0);
    expect(await versionsIntact()).toHaveLength(published + 1);
    expect(readdirSync(join(data, 'staging'))).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
    await until('the trials of killed imports end', 5000, () => trials().length === 0);
  });

  /** Looks for a path in the staging folder of the import. */
  const staged = (end: string) => (): boolean =>
    existsSync(join(data, 'staging')) &&
    readdirSync(join(data, 'staging'), { recursive: true }).some((path) => String(path).endsWith(end));

  it.each<[string, () => boolean]>([
    [
      'its staging folder appears',
      () => existsSync(join(data, 'staging')) && readdirSync(join(data, 'staging')).length > 0,
    ],
    ['the model is being copied', staged('model.onnx')],
    ['the weights are being copied', staged('weights.bin')],
    ['the model is being tried', () => trials().length > 0],
    ['the record is written', staged('version.json')],
    ['the folder of the model appears', () => existsSync(join(data, 'models', 'big'))],
    ['the folder of the version appears', () => existsSync(join(data, 'models', 'big', '1'))],
  ])('is stopped and killed when %s, and the next one goes through', async (_what, condition) => {
    // 100 MB: what is not done by one rename takes long enough to be seen half done.
    const path = await writeBig(1, 100_000_000);
    const command = new MillraceCommand(['models', 'import', path, '--data', data]);
    // Looked for without a pause: some of these moments are shorter than a timer. One that was missed has published the version.
    const deadlineMs = performance.now() + 10_000;
    while (!condition() && command.child.exitCode === null && performance.now() < deadlineMs) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(performance.now()).toBeLessThan(deadlineMs);
    command.child.kill('SIGSTOP');
    await versionsIntact();
    command.child.kill('SIGKILL');
    await command.ended;
    const before = (await versionsIntact()).length;
    const next = await millrace('models', 'import', path, '--data', data, '--json');
    expect(JSON.parse(next.stdout)).toMatchObject({
      versions: [{ state: before === 0 ? 'imported' : 'unchanged', version: '1' }],
    });
    expect(await versionsIntact()).toEqual(['1']);
    expect(readdirSync(join(data, 'staging'))).toEqual([]);
  });

  it('cleans up after itself where it is only asked to stop', async () => {
    const command = new MillraceCommand(['models', 'import', await writeBig(1), '--data', data]);
    await until('the trial', 10_000, () => trials().length > 0);
    command.child.kill('SIGINT');
    expect(await command.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('The import was stopped.') });
    expect(await versionsIntact()).toEqual([]);
    expect(readdirSync(join(data, 'staging'))).toEqual([]);
    expect(trials()).toEqual([]);
  });
});

describe('two imports at once', () => {
  it('of one name get a number each', async () => {
    const paths = ['a', 'b', 'c', 'd'].map((name) => {
      const path = join(folder, `${name}.onnx`);
      writeFileSync(path, identityModel('FLOAT', [`batch_${name}`, 4]));
      return path;
    });
    const results = await Promise.all(
      paths.map((path) => millrace('models', 'import', path, '--name', 'big', '--data', data, '--json')),
    );
    const numbers = results.map(
      ({ stdout }) => (JSON.parse(stdout) as { versions: { version: string }[] }).versions[0]!.version,
    );
    expect(numbers.toSorted()).toEqual(['1', '2', '3', '4']);
    expect(await versionsIntact()).toEqual(['1', '2', '3', '4']);
  });
});

describe('a full disk', () => {
  it('is one sentence with the bytes needed, before and in the middle of a copy', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    try {
      execFileSync(program('mount'), ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip(
        'NOT TESTED HERE: this user may not mount a small disk (test/models/import.test.ts covers the check by a parameter)',
      );
    }
    try {
      const before = await millrace('models', 'import', await writeBig(1), '--data', join(disk, 'data'));
      expect(before.code).toBe(1);
      expect(before.stderr).toMatch(
        /The disk is full: the import needs 8\.0 MB \(80\d+ bytes\), and \d\.\d MB are free\.\n/,
      );
      expect(readdirSync(join(disk, 'data', 'staging'))).toEqual([]);
      // The check is told that there is room, so that the disk itself says no.
      const { importModels } = await import('../../server/models/import.ts');
      const report = await importModels({
        path: await writeBig(1),
        dataDirectory: join(disk, 'data'),
        tryModel,
        freeBytes: async () => 1e12,
      });
      expect(report.versions).toMatchObject([
        { state: 'refused', error: { message: expect.stringMatching(/^The disk is full: the import needs 8\.0 MB/) } },
      ]);
      expect(readdirSync(disk, { recursive: true }).toSorted()).toEqual(['data', 'data/staging']);
    } finally {
      execFileSync(program('umount'), [disk]);
    }
  });
});

describe('a trial', () => {
  const request = { weightBytes: 0, maxBatchSize: undefined, samples: undefined, signal: undefined, emptyFolder: '' };
  beforeEach(async () => {
    request.emptyFolder = join(folder, 'empty');
    await mkdir(request.emptyFolder);
  });

  it('ends a model that never does, and says so', async () => {
    const path = join(folder, 'model.onnx');
    const row = ['batch', 4];
    const body = graph({
      name: 'forever',
      inputs: [tensorInfo('i', 'INT64', []), tensorInfo('go', 'BOOL', []), tensorInfo('before', 'FLOAT', row)],
      outputs: [tensorInfo('goOn', 'BOOL', []), tensorInfo('after', 'FLOAT', row)],
      nodes: [node('Identity', ['go'], ['goOn']), node('Identity', ['before'], ['after'])],
    });
    const endless = model({
      name: 'endless',
      inputs: [tensorInfo('x', 'FLOAT', row)],
      outputs: [tensorInfo('y', 'FLOAT', row)],
      nodes: [node('Loop', ['', 'start', 'x'], ['y'], { body })],
      initializers: [bools('start', [], [true])],
    });
    await writeFile(path, endless);
    await expect(tryModel({ ...request, modelPath: path }, { timeMs: 2000, memoryBytes: 2e9 })).rejects.toMatchObject({
      details: { reason: 'trial-time' },
      message: 'The model did not load and run within 2 s, so it was not imported.',
    });
    expect(trials()).toEqual([]);
  });

  it('ends a model that takes too much memory, and says so', async () => {
    const path = join(folder, 'model.onnx');
    // Noise that is made when it runs: 1.6 GB from a file of 200 bytes.
    const greedy = model({
      name: 'greedy',
      inputs: [tensorInfo('x', 'FLOAT', ['batch'])],
      outputs: [tensorInfo('y', 'FLOAT', [])],
      nodes: [
        node('ConstantOfShape', ['shape'], ['zeros']),
        node('RandomNormalLike', ['zeros'], ['noise']),
        node('ReduceSum', ['noise'], ['sum'], { keepdims: 0 }),
        node('ReduceSum', ['x'], ['xs'], { keepdims: 0 }),
        node('Add', ['sum', 'xs'], ['y']),
      ],
      initializers: [int64s('shape', [1], [400_000_000])],
    });
    await writeFile(path, greedy);
    await expect(
      tryModel({ ...request, modelPath: path }, { timeMs: 30_000, memoryBytes: 400e6 }),
    ).rejects.toMatchObject({
      details: { reason: 'trial-memory' },
      message: expect.stringContaining('more than 400.0 MB of memory'),
    });
    expect(trials()).toEqual([]);
  });

  it('sees neither the environment nor the folder of the one who imports', async () => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, identityModel('FLOAT', ['batch', 4]));
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
    const trial = tryModel({ ...request, modelPath: path });
    await until('the trial', 5000, () => trials().length > 0);
    const [pid] = trials();
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    delete process.env['AWS_SECRET_ACCESS_KEY'];
    expect(environment).toContain('ORT_DISABLE_TELEMETRY=1');
    expect(environment).not.toContain('AWS_');
    expect(await realpath(`/proc/${pid}/cwd`)).toBe(request.emptyFolder);
    await trial;
  });
});
