/** Answers saved as test cases, over the command line with a running host, and what they then do to further versions. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestCaseList, TestCaseView } from '../../server/protocol/admin/test-case-view.ts';
import { image } from '../support/images.ts';
import { millrace, StoreHost } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { identityModel, mlpModel } from '../support/models.ts';
import { model, node, tensorInfo } from '../support/onnx-builder.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cases-'));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const models = (...args: string[]): Promise<CommandResult> => millrace('models', ...args, '--data', data);
const listed = async (): Promise<TestCaseList> =>
  JSON.parse((await models('samples', 'list', 'gray', '--json')).stdout) as TestCaseList;

const recipe = { inputs: { x: { image: { width: 8, height: 8, channels: 1, range: [1, 0], fit: 'stretch' } } } };

/** A folder with a model and perhaps a recipe; a file alone where there is none. */
async function imported(bytes: Uint8Array, manifest?: object): Promise<CommandResult> {
  const source = join(folder, 'in', 'gray');
  await mkdir(source, { recursive: true });
  await writeFile(join(source, 'model.onnx'), bytes);
  if (manifest === undefined) return models('import', join(source, 'model.onnx'), '--name', 'gray');
  await writeFile(join(source, 'millrace.json'), JSON.stringify(manifest));
  const result = await models('import', source);
  await rm(join(source, 'millrace.json'));
  return result;
}

/** The same answers from another file. */
const identityTwice = (): Uint8Array =>
  model({
    name: 'twice',
    inputs: [tensorInfo('x', 'FLOAT', ['batch', 64])],
    outputs: [tensorInfo('y', 'FLOAT', ['batch', 64])],
    nodes: [node('Identity', ['x'], ['z']), node('Identity', ['z'], ['y'])],
  });

describe('a saved answer', { timeout: 120_000 }, () => {
  it('gates the next version, with the picture and the recipe', async () => {
    expect((await imported(identityModel('FLOAT', ['batch', 64]), recipe)).code).toBe(0);
    const picture = join(folder, 'part.png');
    await writeFile(picture, image('rgb.png'));
    const request = join(folder, 'row.json');
    await writeFile(request, JSON.stringify({ features: Array.from({ length: 64 }, (_, at) => at / 64) }));
    {
      await using _host = await StoreHost.start(data);
      expect((await models('samples', 'list', 'gray')).stdout).toContain('gray has no test cases');
      const added = await models('samples', 'add', 'gray', picture, '--name', 'a part', '--tolerance', '0.01');
      expect(added.stderr).toBe('');
      expect(added.stdout).toMatch(/^Saved [0-9a-f]{8}: /);
      expect((await models('samples', 'add', 'gray', request)).code).toBe(0);
      const again = await models('samples', 'add', 'gray', picture);
      expect(again.code).toBe(1);
      expect(again.stderr).toContain('same input is there already');

      const { areOwn, cases } = await listed();
      expect(areOwn).toBe(true);
      expect(cases).toMatchObject([
        { name: 'a part', version: '1', tolerance: 0.01, inputs: { x: expect.stringMatching(/^picture, \d+ kB$/) } },
        { version: '1', tolerance: 0.001, inputs: { x: expect.stringMatching(/^\[0,0.015625/) } },
      ]);
      // Another model under the same name answers otherwise and is refused; the same in another file is not.
      const other = await imported(mlpModel([64, 64], 3));
      expect(other.code).toBe(1);
      expect(other.stdout + other.stderr).toMatch(/fails its saved test cases: row 1, output y: /);
      expect((await imported(identityTwice())).code).toBe(0);
    }
    {
      // The host that starts with the new version runs them through its own replicas.
      await using host = await StoreHost.start(data);
      expect(host.models).toMatchObject([{ name: 'gray', version: '2', state: 'READY' }]);
      const [first] = (await listed()).cases as [TestCaseView];
      const removed = await models('samples', 'remove', 'gray', first.id);
      expect(removed.stdout).toBe(`Removed ${first.id}; 1 test cases are left.\n`);
      expect((await models('samples', 'remove', 'gray', 'ffffffff')).stderr).toContain('no test case ffffffff');
    }
    const kept = JSON.parse(await readFile(join(data, 'models', 'gray', 'samples.json'), 'utf8')) as object;
    expect(kept).toMatchObject({ inputs: { x: [expect.any(Array)] }, expected: { y: [expect.any(Array)] } });
  });

  it('needs a host, and a model that was imported', async () => {
    const request = join(folder, 'row.json');
    await writeFile(request, '{"features":[5.1,3.5,1.4,0.2]}');
    expect((await models('samples', 'list', 'gray')).code).toBe(3);
    await using _host = await StoreHost.start(data);
    const { code, stderr } = await models('samples', 'add', 'iris', request);
    expect(code).toBe(1);
    expect(stderr).toContain('does not write to');
    expect((await models('samples', 'list', 'iris')).stdout).toContain('They came with the model.');
    expect((await models('samples', 'add', 'iris', join(folder, 'none.json'))).code).toBe(2);
  });
});

describe('a recipe that does not fit', () => {
  it('is refused when the model is imported, with what is wrong', { timeout: 60_000 }, async () => {
    for (const [image, sentence] of [
      [{ width: 8, height: 9, channels: 1 }, 'makes 72 numbers \\(8 × 9 × 1\\) for the input "x", which takes 64'],
      [{ width: 8 }, 'does not say the height of the input "x"'],
    ] as const) {
      const { code, stdout, stderr } = await imported(identityModel('FLOAT', ['batch', 64]), {
        inputs: { x: { image } },
      });
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(new RegExp(sentence));
    }
  });
});
