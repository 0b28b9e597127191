/** Imports by the command line with real trials, and what the store then serves. */
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedBatchModel } from '../support/awkward-models.ts';
import { externalDataModel, foreignTypeModel, zipMapModel } from '../support/foreign-models.ts';
import { demoModels } from '../support/host-process.ts';
import { millrace, StoreHost } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { identityModel, twoInputModel } from '../support/models.ts';
import { zip } from '../support/zip-writer.ts';

let folder = '';
let data = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-import-')));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, content: Uint8Array | string): Promise<string> {
  const absolute = join(folder, path);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFile(absolute, content);
  return absolute;
}

const models = (command: string, ...args: string[]): Promise<CommandResult> =>
  millrace('models', command, ...args, '--data', data);

interface Imported {
  readonly versions: readonly {
    state: string;
    name: string;
    version: string;
    notes: string[];
    trial: { rssBytes: number; loadMs: number; batching: string; samples?: { rows: number } };
    changes?: { text: string; breaking: boolean }[];
  }[];
  readonly restartNeeded: boolean;
}

async function imported(...args: string[]): Promise<Imported> {
  const result = await models('import', ...args, '--json');
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as Imported;
}

const weights = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('a model of external data', () => {
  it('is imported, served, updated and removed by commands', async () => {
    await put('adder/1/model.onnx', externalDataModel([['location', 'weights.bin']]));
    await put('adder/1/weights.bin', weights(1, 2, 3, 4));
    const first = await models('import', join(folder, 'adder'));
    expect(first.stdout).toMatch(/^Imported adder, version 1\n {2}inputs {3}x FP32 \[any, 4\]/);
    expect(first.stdout).toContain('Serve it with `millrace serve`.');
    const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [10, 10, 10, 10] }] };
    {
      await using host = await StoreHost.start(data);
      expect(host.models).toEqual([{ name: 'adder', version: '1', state: 'READY', reason: '' }]);
      expect(await host.post('/v2/models/adder/infer', body)).toMatchObject({ outputs: [{ data: [11, 12, 13, 14] }] });
      await put('adder/1/weights.bin', weights(5, 5, 5, 5));
      const second = await imported(join(folder, 'adder'));
      expect(second).toMatchObject({ restartNeeded: false, versions: [{ version: '2', changes: [] }] });
      // The running host has taken notice.
      expect(await host.post('/v2/models/adder/infer', body)).toMatchObject({ outputs: [{ data: [15, 15, 15, 15] }] });
    }
    await using host = await StoreHost.start(data);
    expect(host.models).toMatchObject([{ name: 'adder', version: '2' }]);
    expect(await host.post('/v2/models/adder/infer', body)).toMatchObject({ outputs: [{ data: [15, 15, 15, 15] }] });
    expect((await models('remove', 'adder')).code).toBe(2);
    const inUse = await models('remove', 'adder', '--version', '2', '--yes');
    expect(inUse).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Version 2 of adder answers requests now'),
    });
    expect((await models('promote', 'adder', '1')).stdout).toBe('Version 1 of adder answers now.\n');
    expect(await host.post('/v2/models/adder/infer', body)).toMatchObject({ outputs: [{ data: [11, 12, 13, 14] }] });
    expect((await models('remove', 'adder', '--version', '2', '--yes')).stdout).toBe(
      'Removed version 2 of adder. For 7 days it can be brought back: millrace models restore adder --version 2\n',
    );
    expect((await models('show', 'adder')).stdout).not.toContain('Version 2');
    expect((await models('remove', 'adder', '--yes')).code).toBe(0);
    expect(await models('show', 'adder')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no model 'adder'"),
    });
  });
});

describe('a classifier of scikit-learn that ends in ZipMap', () => {
  it('is served with its probabilities and labels', async () => {
    const path = await put('pets.onnx', zipMapModel(['cat', 'dog']));
    const { versions } = await imported(path);
    expect(versions[0]?.notes[0]).toContain('the map output_probability is served as the tensor probabilities');
    await using host = await StoreHost.start(data);
    expect(host.models).toMatchObject([{ name: 'pets', state: 'READY' }]);
    const answer = await host.post<{ prediction: string; probabilities: Record<string, number> }>('/predict/pets', {
      features: [0, 2],
    });
    expect(answer.prediction).toBe('dog');
    expect(answer.probabilities['dog']).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
  });

  it('is served with whole-number classes as its label output says them', async () => {
    const { versions } = await imported(await put('digits.onnx', zipMapModel([3, 5])));
    expect(versions[0]?.notes.join(' ')).toContain('The classes 3, 5 are what the label output says');
    await using host = await StoreHost.start(data);
    const answer = await host.post('/predict/digits', { features: [0, 2] });
    expect(answer).toMatchObject({ prediction: { label: 5 } });
  });
});

describe('models as people have them', () => {
  it.each(['FLOAT16', 'STRING', 'BOOL', 'INT64'] as const)('take %s', async (type) => {
    expect((await imported(await put('m.onnx', identityModel(type, ['batch', 'n'])))).versions).toMatchObject([
      { state: 'imported' },
    ]);
  });

  it('have several free dimensions and inputs', async () => {
    const { versions } = await imported(await put('m.onnx', identityModel('FLOAT', ['batch', 'height', 'width'])));
    expect(versions[0]?.trial.batching).toContain('Up to 64 rows share a run');
    expect(versions[0]?.trial.rssBytes).toBeGreaterThan(40e6);
    expect((await imported(await put('two.onnx', twoInputModel()))).versions).toMatchObject([{ state: 'imported' }]);
  });

  it('have a batch of one, and it is said', async () => {
    const result = await models('import', await put('m.onnx', fixedBatchModel()));
    expect(result.stdout).toContain('The batch is fixed at 1: each request carries one row');
  });

  it('come as a zip archive of the demo models', async () => {
    const files = await readdir(demoModels, { recursive: true, withFileTypes: true });
    const entries = await Promise.all(
      files
        .filter((each) => each.isFile() && !each.name.endsWith('.py'))
        .map(async (each) => ({
          name: `demo/${join(each.parentPath, each.name).slice(demoModels.length + 1)}`,
          content: await readFile(join(each.parentPath, each.name)),
          deflate: true,
        })),
    );
    const { versions } = await imported(await put('demo.zip', zip(entries)));
    expect(versions.map(({ name, trial }) => [name, trial.samples?.rows])).toEqual([
      ['breast-cancer', 32],
      ['diabetes', 32],
      ['digits', 32],
      ['iris', 32],
    ]);
  });

  it('have a config.pbtxt, of which nothing is dropped in silence', async () => {
    await put('m/1/model.onnx', identityModel('FLOAT', ['batch', 4]));
    await put(
      'm/config.pbtxt',
      'max_batch_size: 16\ninput { name: "z" data_type: TYPE_FP32 dims: [4] }\nensemble_scheduling { }',
    );
    const { versions } = await imported(join(folder, 'm'));
    expect(versions[0]).toMatchObject({ trial: { maxBatchSize: 16 } });
    expect(versions[0]?.notes).toEqual([
      'config.pbtxt, line 3: ensemble_scheduling is not used: Millrace has no such setting.',
      'config.pbtxt declares the input z, which the model does not have.',
    ]);
  });
});

describe('a wrong file', () => {
  it.each<[string, string, Uint8Array | string, RegExp]>([
    ['a web page', 'm.onnx', '<!DOCTYPE html><title>Sign in', /is a web page \(HTML\), not an ONNX model/],
    [
      'a Git LFS pointer',
      'm.onnx',
      'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 99\n',
      /Git LFS pointer.* 99 bytes/,
    ],
    ['an empty file', 'm.onnx', '', /empty file/],
    [
      'a truncated file',
      'm.onnx',
      identityModel('FLOAT').subarray(0, 70),
      /no complete ONNX model: a part of it should have \d+ bytes/,
    ],
    [
      'random bytes',
      'm.onnx',
      Buffer.from('8f1e7a55c3990011aabbccddeeff0123', 'hex'),
      /no complete ONNX model|no usable ONNX model/,
    ],
    ['a PyTorch file', 'm.pt', zip([{ name: 'archive/data.pkl', content: 'x' }]), /PyTorch file/],
    ['a Keras file', 'm.h5', Buffer.from('\x89HDF\r\n\x1a\n.', 'latin1'), /HDF5 file, as Keras/],
    [
      'missing external data',
      'm.onnx',
      externalDataModel([['location', 'w.bin']]),
      /in a second file, w\.bin .* not beside it/,
    ],
    ['a type that cannot be carried', 'm.onnx', foreignTypeModel('bfloat16'), /output "y" is of type bfloat16/],
    ['an unusable name', 'my model (1).onnx', identityModel('FLOAT'), /cannot name a model/],
    ['an archive that leads out', 'm.zip', zip([{ name: '../m.onnx', content: 'x' }]), /m\.zip is refused/],
  ])('%s is named, with what to ask for, and leaves nothing', async (_what, name, content, words) => {
    const result = await models('import', await put(name, content));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(words);
    expect(result.stderr.split('\n')).toHaveLength(3);
    expect(result.stderr).not.toContain('staging');
    const left = await readdir(data, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile() || entry.parentPath !== data)).toEqual([]);
  });

  it('is an exit code of 2 and JSON where it is asked for', async () => {
    const result = await models('import', join(folder, 'nowhere'), '--json');
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stderr)).toMatchObject({
      code: 'invalid-config',
      error: expect.stringContaining('There is nothing at'),
    });
  });

  it('is what ONNX Runtime refuses when it is tried', async () => {
    // A valid file whose node adds text.
    const bytes = Buffer.from(identityModel('STRING'));
    bytes.write('Identitx', bytes.indexOf('Identity'));
    const result = await models('import', await put('m.onnx', bytes));
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('ONNX Runtime cannot load the model') });
    expect(result.stderr).not.toContain(folder);
  });
});

describe('saved test cases', () => {
  const samples = (value: number): string =>
    JSON.stringify({ inputs: [[1, 2, 3, 4]], expected: { y: [[1, 2, 3, value]] }, tolerance: 0.01 });

  it('gate a version, unless they are skipped aloud', async () => {
    await put('m/1/model.onnx', identityModel('FLOAT', ['batch', 4]));
    await put('m/samples.json', samples(5));
    const refused = await models('import', join(folder, 'm'));
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('row 1, output y: 4, expected 5 ± 0.01'),
    });
    const skipped = await models('import', join(folder, 'm'), '--no-samples');
    expect(skipped).toMatchObject({ code: 0, stdout: expect.stringContaining('were skipped (--no-samples)') });
  });

  it('of the version before gate the next one', async () => {
    await put('m/1/model.onnx', identityModel('FLOAT', ['batch', 4]));
    await put('m/samples.json', samples(4));
    expect((await imported(join(folder, 'm'))).versions[0]?.trial.samples).toEqual({ rows: 1, worstError: 0 });
    const worse = externalDataModel([['location', 'w.bin']]);
    await put('w.bin', weights(0, 0, 0, 1));
    const path = await put('m.onnx', worse);
    expect(await models('import', path)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('fails its saved test cases'),
    });
    await put('w.bin', weights(0, 0, 0, 0));
    expect(await models('import', path)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Takes and gives what version 1 does.'),
    });
  });

  it('are run against a new version whose signature is shown as a difference', async () => {
    await imported(await put('m.onnx', identityModel('FLOAT', ['batch', 4])));
    const result = await models('import', await put('m.onnx', identityModel('FLOAT', ['batch', 5])));
    expect(result.stdout).toContain('Compared with version 1, apps that call it may have to change:');
    expect(result.stdout).toContain('breaking    input x has shape [any, 5], was [any, 4]');
  });
});

describe('a stored version whose bytes changed', () => {
  it('is not served: the one before is, and it is said', async () => {
    await imported(await put('m.onnx', identityModel('FLOAT', ['batch', 4])));
    await imported(await put('m.onnx', identityModel('FLOAT', ['rows', 4])));
    const path = join(data, 'models/m/2/model.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);
    await using host = await StoreHost.start(data);
    expect(host.models).toMatchObject([{ name: 'm', version: '1', state: 'READY' }]);
    expect(await host.stop()).toMatch(/Version 2 of m has a model\.onnx that changed.*Version 1 is served instead/);
  });

  it('is found by verify', async () => {
    await imported(await put('m.onnx', identityModel('FLOAT', ['batch', 4])));
    expect(await models('verify')).toMatchObject({ code: 0, stdout: '1 version intact, 0 damaged.\n' });
    await writeFile(join(data, 'models/m/1/model.onnx'), 'changed');
    const result = await models('verify', 'm', '--json');
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toEqual({
      versions: [
        { name: 'm', version: '1', state: 'quarantined', fault: 'has a model.onnx that changed after its import' },
      ],
    });
  });
});

it('serves the demo models where the store is empty', async () => {
  await using host = await StoreHost.start(data);
  expect(host.models.map(({ name }) => name)).toEqual(['breast-cancer', 'diabetes', 'digits', 'iris']);
});
