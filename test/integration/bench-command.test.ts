/** `millrace bench` as a user runs it, against a host that serves the demo models. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadResult } from '../../server/protocol/admin/load-result.ts';
import { millrace, MillraceCommand, StoreHost } from '../support/millrace-command.ts';
import { childPids } from '../support/test-host.ts';

let folder: string;
let host: StoreHost;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-bench-command-'));
  host = await StoreHost.start(join(folder, 'data'));
});

afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true });
  expect(await childPids()).toEqual([]);
});

const bench = (...args: string[]) => millrace('bench', ...args, '--data', join(folder, 'data'), '--warm-up', '200ms');

describe('millrace bench', () => {
  it('loads a model of the running host with its samples, and writes the result as text, JSON and a page', async () => {
    const [out, html] = [join(folder, 'result.json'), join(folder, 'report.html')];
    const { code, stdout } = await bench(
      'digits',
      '--connections',
      '4',
      '--duration',
      '1s',
      '--out',
      out,
      '--html',
      html,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Closed loop, 4 connections for 1 s, JSON');
    expect(stdout).toMatch(/P99\.99/);
    expect(stdout).toMatch(/The generator took \d+ % of one core/);
    const result = JSON.parse(await readFile(out, 'utf8')) as LoadResult;
    expect(result.target.inputs).toBe('samples');
    expect(result.measurement!.counts).toMatchObject({ failed: 0 });
    expect(result.measurement!.counts.answered).toBeGreaterThan(5);
    expect(await readFile(html, 'utf8')).toContain('<svg');
  });

  it.each([
    ['as bytes', 'breast-cancer', ['--binary', '--rows', '3']],
    ['through /predict', 'iris', ['--predict']],
    ['with made-up numbers', 'diabetes', ['--random', '--rows', '2']],
  ])('sends requests %s that the host answers', async (_, model, flags) => {
    const { code, stdout } = await bench(model, ...flags, '--rate', '50', '--duration', '1s', '--json');
    const { measurement, plan } = JSON.parse(stdout) as LoadResult;
    expect(measurement!.failures).toEqual([]);
    expect(measurement!.counts).toMatchObject({ due: 50, answered: 50 });
    expect(plan.drive.kind).toBe('open');
    expect(code).toBe(0);
  });

  it('plays a trace faster, to a URL', async () => {
    const trace = join(folder, 'trace.json');
    const samples = [
      { t: 0, load: 0.2 },
      { t: 10_000, load: 0.4 },
    ];
    await writeFile(trace, JSON.stringify({ version: 1, durationMs: 20_000, serviceMs: 100, samples }));
    const url = `${host.inferenceUrl}/v2/models/iris`;
    const { stdout } = await bench(url, '--trace', trace, '--speed', '20', '--scale', '10', '--json');
    // 20 and 40 per second, half a second each.
    expect((JSON.parse(stdout) as LoadResult).measurement!.counts.due).toBe(30);
  });

  it('shows no key in what it prints or writes', async () => {
    const html = join(folder, 'keyed.html');
    const { stdout } = await bench(
      'iris',
      '--header',
      'X-Key: s3cret',
      '--duration',
      '500ms',
      '--json',
      '--html',
      html,
    );
    expect(stdout + (await readFile(html, 'utf8'))).not.toContain('s3cret');
  });

  it('ends with what it has on Ctrl-C', async () => {
    const command = new MillraceCommand([
      'bench',
      'iris',
      '--data',
      join(folder, 'data'),
      '--duration',
      '10m',
      '--json',
    ]);
    // The first line about its progress comes after five seconds.
    command.child.stderr!.once('data', () => command.child.kill('SIGINT'));
    const { code, stdout } = await command.ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ aborted: true });
  });

  it.each([
    ['an unknown model', ['nothing'], 1, /no model nothing/],
    ['two shapes at once', ['iris', '--rate', '5', '--connections', '5'], 2, /exclude/],
    ['a public address', ['http://203.0.113.1/v2/models/iris'], 2, /public address/],
    [
      'a file that cannot be written',
      ['iris', '--duration', '200ms', '--out', '/nowhere/x.json'],
      2,
      /cannot be written/,
    ],
  ])('says what is wrong with %s', async (_, args, expected, words) => {
    const { code, stderr } = await bench(...args);
    expect(stderr).toMatch(words);
    expect(code).toBe(expected);
  });

  it('needs a running host for a name', async () => {
    const { code, stderr } = await millrace('bench', 'iris', '--data', join(folder, 'elsewhere'));
    expect(code).toBe(3);
    expect(stderr).toContain('No Millrace is running');
  });
});
