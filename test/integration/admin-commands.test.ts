/** The command line beside a running host: what it asks of it, and that nothing secret is written anywhere. */
import { mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportReportView } from '../../server/protocol/admin/import-report.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { RunFile } from '../../server/host/run-file.ts';
import { ENDLESS_ABOVE, endlessLoopModel } from '../support/awkward-models.ts';
import { BrowserClient } from '../support/browser-client.ts';
import { demoModels, until } from '../support/host-process.ts';
import { millrace, MillraceCommand, StoreHost } from '../support/millrace-command.ts';
import { zip } from '../support/zip-writer.ts';

let folder = '';
let data = '';
let host: StoreHost;
let written = '';
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-admin-commands-')));
  data = join(folder, 'data');
  const first = await millrace('models', 'import', join(demoModels, 'iris'), '--data', data);
  expect(first.code, first.stderr).toBe(0);
  host = await StoreHost.start(data, 'debug');
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const command = (...words: string[]) => millrace(...words, '--data', data);

async function jobs(): Promise<JobView[]> {
  return JSON.parse((await command('jobs', 'list', '--json')).stdout) as JobView[];
}

describe('models import beside a running host', () => {
  it('is a job of the host, with the same report and the same exit codes', async () => {
    const imported = await command(
      'models',
      'import',
      join(demoModels, 'digits/1/model.onnx'),
      '--name',
      'hand',
      '--json',
    );
    expect(imported.code, imported.stderr).toBe(0);
    expect((JSON.parse(imported.stdout) as ImportReportView).versions).toMatchObject([
      { name: 'hand', state: 'imported' },
    ]);
    expect((await jobs())[0]).toMatchObject({ kind: 'import', state: 'done' });
    await writeFile(join(folder, 'page.onnx'), '<html></html>');
    const refused = await command('models', 'import', join(folder, 'page.onnx'));
    expect([refused.code, refused.stderr]).toMatchObject([
      1,
      expect.stringMatching(/page\.onnx is a web page/) as string,
    ]);
    expect((await command('models', 'import', join(folder, 'nothing.onnx'))).code).toBe(2);
    expect((await command('jobs', 'list')).stdout).toMatch(/^JOB +WHAT +STATE +PROGRESS\n/);
  });

  it('is canceled by Ctrl-C and by `jobs cancel`, and leaves nothing', async () => {
    const samples = { inputs: [[ENDLESS_ABOVE + 1, 0, 0, 0]], expected: { y: [[ENDLESS_ABOVE + 1, 0, 0, 0]] } };
    const path = join(folder, 'endless.zip');
    await writeFile(
      path,
      zip([
        { name: 'endless/1/model.onnx', content: endlessLoopModel() },
        { name: 'endless/samples.json', content: JSON.stringify(samples) },
      ]),
    );
    const trying = () =>
      until('the model is tried', 30_000, async () =>
        (await jobs()).some(({ state, progress }) => state === 'running' && progress.step.startsWith('Trying')),
      );
    const interrupted = new MillraceCommand(['models', 'import', path, '--data', data]);
    await trying();
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The import was stopped.') as string,
    });
    expect((await jobs())[0]?.state).toBe('canceled');

    const canceled = new MillraceCommand(['models', 'import', path, '--data', data]);
    await trying();
    const [running] = await jobs();
    expect(await command('jobs', 'cancel', running!.id.slice(0, 8))).toMatchObject({
      code: 0,
      stdout: 'Import endless.zip: canceled.\n',
    });
    expect(await canceled.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('was canceled') as string });
    expect(await readdir(join(data, 'staging'))).toEqual([]);
    expect(await readdir(join(data, 'models'))).not.toContain('endless');
    expect((await command('jobs', 'cancel', 'nothing')).code).toBe(1);
  });
});

describe('status, models list and open', () => {
  it('come from the host', async () => {
    const status = await command('status');
    expect(status.stdout).toMatch(/iris +1 +READY/);
    expect(JSON.parse((await command('status', '--json')).stdout)).toMatchObject({
      servesStore: true,
      models: [{ name: 'hand' }, { name: 'iris' }],
    });
    expect((await command('models', 'list')).stdout).toMatch(/^MODEL/);
    const { url } = JSON.parse((await command('open', '--json')).stdout) as { url: string };
    expect((await new BrowserClient(new URL(url).origin).enter(url)).status).toBe(201);
    expect((await command('open', '--print')).stdout).toContain('/#t=');
  });

  it('say that no host runs where none does, also where a killed one has left its file', async () => {
    const other = join(folder, 'other');
    for (const words of [['status'], ['jobs', 'list'], ['open', '--print']]) {
      expect((await millrace(...words, '--data', other)).code).toBe(3);
    }
    await new RunFile(other).write({
      pid: 999_999,
      inferenceUrl: '',
      adminUrl: 'http://127.0.0.1:9',
      version: '0',
      adminToken: 'x',
    });
    expect((await millrace('status', '--data', other)).code).toBe(3);
    // An import goes on without it.
    expect((await millrace('models', 'import', join(demoModels, 'iris'), '--data', other)).code).toBe(0);
  });
});

describe('no secret', () => {
  it('is in what the host writes: no token, no code, no cookie, no CSRF token, no input', async () => {
    const { adminToken, adminUrl } = await new RunFile(data).read();
    const { url } = JSON.parse((await command('open', '--json')).stdout) as { url: string };
    const page = new BrowserClient(adminUrl);
    await page.enter(url);
    await new BrowserClient(adminUrl).enter(url);
    const input = 7.654321987;
    await page.json('POST', '/api/v1/models/iris/predict', { features: [input, input, input, input] });
    await page.json('POST', '/api/v1/models/iris/predict', { features: [input, 'planted-input'] });
    await page.send(`/api/v1/status?token=${adminToken}&key=planted-query`);
    await page.send('/api/v1/nothing', {
      headers: { Authorization: 'Bearer planted-bearer', Cookie: `${page.cookie}; x=planted-cookie` },
    });
    await page.json('POST', '/api/v1/uploads', { fileName: 'planted-name', sizeBytes: -1 });
    page.csrfToken = 'planted-csrf';
    await page.json('POST', '/api/v1/launch-links', {});
    const secret = page.cookie!.split('=')[1]!;
    const secrets = [adminToken, new URL(url).hash.slice(3), secret, String(input), 'planted-'];
    written = await host.stop();
    for (const planted of secrets) expect(written).not.toContain(planted);
    // The log was on, and said something.
    expect(written).toContain('iris');
    // Nor in any file that stays, but for the two that are the owner's.
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
      for (const planted of secrets) expect(text.includes(planted), `${entry.name} holds ${planted}`).toBe(false);
    }
  });
});
