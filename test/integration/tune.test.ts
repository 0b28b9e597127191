/** `millrace tune` with real hosts: a model for which two copies are better, its file, and its undoing. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TuneResult } from '../../server/protocol/admin/tune-result.ts';
import { SettingFile } from '../../server/tuning/setting-file.ts';
import { choose, scoreOf, worthIt } from '../../server/tuning/tune-choice.ts';
import { MillraceCommand } from '../support/millrace-command.ts';
import { openTestRepository } from '../support/model-repository.ts';
import type { TestRepository } from '../support/model-repository.ts';
import { mlpModel } from '../support/models.ts';
import { childPids } from '../support/test-host.ts';
import { HostProcess, until } from '../support/host-process.ts';

let folder: string;
let repository: TestRepository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tune-'));
  // One by one and with one thread: there is a better way on every machine with two cores.
  const manifest = { description: 'mine', replicas: 1, threads: 1, maxBatchSize: 0 };
  repository = await openTestRepository([{ name: 'net', bytes: mlpModel([512, 1024, 1024, 16], 5), manifest }]);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await repository.remove();
  expect(await childPids()).toEqual([]);
});

const tune = (...flags: string[]) =>
  new MillraceCommand(['tune', 'net', '--models', repository.directory, '--data', folder, '--json', ...flags]);
const setting = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(repository.directory, 'net', 'millrace.json'), 'utf8')) as Record<string, unknown>;

it('measures, chooses, saves only what is proven, draws the curve, and is undone', { timeout: 300_000 }, async () => {
  const before = await setting();
  const svg = join(folder, 'curve.svg');
  const { code, stdout, stderr } = await tune('--goal', 'throughput', '--budget', '30s', '--svg', svg).ended;
  expect(stderr + String(code)).toMatch(/0$/);
  const result = JSON.parse(stdout) as TuneResult;
  expect(result.rows[0]).toMatchObject({ setting: {}, replicas: 1, threads: 1 });
  for (const { replicas, threads, failed } of result.rows) {
    expect(replicas * threads).toBeLessThanOrEqual(availableParallelism());
    expect(failed).toBe(0);
  }
  const best = Math.max(...result.rows.map((row) => scoreOf(row, 'throughput')));
  const chosen = choose(result.rows, 'throughput')!;
  expect(scoreOf(chosen, 'throughput')).toBeGreaterThanOrEqual(best * 0.95);
  const isChange = Object.keys(result.pick).length > 0;
  expect(result.saved).toBe(isChange);
  expect(await setting()).toEqual({ ...before, ...result.pick });
  if (isChange) {
    expect(result.pick).toEqual(chosen.setting);
    expect(result.gain).toBeGreaterThanOrEqual(worthIt);
    expect((await tune('--undo').ended).code).toBe(0);
    expect(await setting()).toEqual(before);
  } else {
    expect(result.sentence).toContain('stays as it is');
  }
  if (result.curve !== undefined) expect(await readFile(svg, 'utf8')).toContain('</svg>');
  expect((await readdir(join(folder, 'tuning'))).filter((name) => name.startsWith('trial-'))).toEqual([]);
});

it('changes nothing and leaves nothing when it is ended', { timeout: 120_000 }, async () => {
  const before = await setting();
  const command = tune('--budget', '10m', '--svg', join(folder, 'never.svg'));
  const ownChildren = async (): Promise<number[]> => {
    const path = `/proc/${command.child.pid}/task/${command.child.pid}/children`;
    return (await readFile(path, 'utf8').catch(() => '')).trim().split(' ').filter(Boolean).map(Number);
  };
  if (existsSync('/proc')) await until('a trial runs', 60_000, async () => (await ownChildren()).length > 0);
  command.child.kill('SIGINT');
  const { code, stderr } = await command.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('nothing was changed');
  expect(await setting()).toEqual(before);
  expect(existsSync(join(folder, 'never.svg'))).toBe(false);
  expect((await readdir(join(folder, 'tuning'))).filter((name) => name.startsWith('trial-'))).toEqual([]);
});

it.each([
  [['--goal', 'speed'], 2, /latency, throughput, balanced|choices/],
  [['--budget', '1s'], 2, /budgetMs/],
  [['--undo'], 1, /no tuning/],
  [['--version', '9'], 1, /no model net/],
])('says what is wrong with %j', async (flags, expected, words) => {
  const { code, stderr } = await tune(...flags).ended;
  expect(stderr).toMatch(words);
  expect(code).toBe(expected);
});

it(
  'is used by a host that serves the model, and so is its undoing, without a restart',
  { timeout: 300_000 },
  async () => {
    await using host = await HostProcess.start({ models: repository.directory });
    const copies = async () => (await host.status()).models[0]!.versions[0]!.replicas.map(({ pid }) => pid);
    const before = await copies();
    await new SettingFile('net', join(repository.directory, 'net'), host.dataDirectory).save({ maxBatchSize: 32 });
    const undo = new MillraceCommand(['tune', 'net', '--undo', '--data', host.dataDirectory]);
    const { stdout, code } = await undo.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^net has again .*\. The running host uses it now\.$/m);
    expect(await copies()).not.toEqual(before);
    expect(await setting()).toMatchObject({ maxBatchSize: 0 });
    expect((await host.status()).models[0]).toMatchObject({ state: 'READY' });
  },
);
