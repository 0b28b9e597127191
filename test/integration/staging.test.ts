/**
 * Server folders of all targets, as they go into packages: what is in them, and that the one for this machine serves from a
 * folder where nothing else can be found. Targets whose Node cannot be fetched are skipped, loudly.
 */
import { chmod, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGui } from '../../build/gui.mjs';
import { packArchive } from '../../build/packaging/archive.ts';
import { checkStage } from '../../build/staging/check-stage.ts';
import { Unreachable } from '../../build/staging/registry-package.ts';
import { stageServer } from '../../build/staging/stage-server.ts';
import type { Stage } from '../../build/staging/stage-server.ts';
import { targetOf, targets } from '../../build/staging/targets.ts';
import { PackagedHost, runPackaged, unpackArchive } from '../support/packaged-host.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = targetOf(process.platform, process.arch);
let folder: string;
let stages: Map<string, Stage>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-staging-'));
  stages = new Map();
  expect(buildGui()).toBe(true);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Undefined, and said, where the registry cannot be asked. */
async function staged(name: keyof typeof targets): Promise<Stage | undefined> {
  const known = stages.get(name);
  if (known !== undefined) return known;
  try {
    const stage = await stageServer(targets[name], { root, outFolder: join(folder, 'stage') });
    stages.set(name, stage);
    return stage;
  } catch (error) {
    if (!(error instanceof Unreachable) || name === own?.name) throw error;
    console.warn(`SKIPPED: staging ${name}: ${error.message}`);
    return undefined;
  }
}

describe('the server folder', () => {
  it.each(Object.values(targets).map(({ name }) => name))(
    'of %s is of one system, small enough, and as its list says',
    async (name) => {
      const stage = await staged(name);
      if (stage === undefined) return;
      const report = await checkStage(stage.folder, targets[name]);
      expect(report.faults).toEqual([]);
      expect(report.sizeBytes).toBeLessThanOrEqual(targets[name].budgetBytes);
      // Node, SQLite, the runtime's add-on and its libraries.
      expect(report.binaries.length).toBeGreaterThanOrEqual(4);
      console.log(
        `${name}: ${report.fileCount} files, ${(report.sizeBytes / 1e6).toFixed(1)} MB, staged in ${stage.tookMs} ms`,
      );
      if (name !== own?.name) await rm(join(stage.folder, '..'), { recursive: true });
    },
  );
});

describe.skipIf(own === undefined)('the server folder of this machine', () => {
  const target = own!;

  it('serves from a folder where nothing else can be found', async () => {
    const stage = (await staged(target.name))!;
    const elsewhere = join(folder, 'somewhere else', 'server');
    await rename(join(stage.folder, '..'), join(folder, 'somewhere else'));
    try {
      {
        await using host = await PackagedHost.start(elsewhere);
        expect((await host.predictIris()).prediction).toBe('setosa');
        const [memory] = await residentBytes(host.pid);
        console.log(
          `${target.name}: all demo models ready in ${host.startedInMs} ms, host ${Math.round((memory ?? 0) / 1e6)} MB`,
        );
      }
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
      expect(await runPackaged(elsewhere, '--version')).toBe(`${version}\n`);
      // Whoever serves from it must not have changed it: the desktop compares it before each start.
      expect((await checkStage(elsewhere, target)).faults).toEqual([]);
    } finally {
      await rename(join(folder, 'somewhere else'), join(stage.folder, '..'));
    }
  });

  it('has the licenses of all that is in it, and no update code', async () => {
    const { folder: server } = (await staged(target.name))!;
    const text = await readFile(join(server, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of [
      'Node.js',
      'onnxruntime-node',
      'better-sqlite3',
      'react',
      'uplot',
      '@fontsource-variable/inter',
    ]) {
      expect(text).toContain(`\n${name} `);
    }
    expect(await readdir(join(server, 'server'))).not.toContain('updating');
    expect(
      (await readdir(join(server, 'node_modules'))).filter((name) =>
        ['electron', 'vitest', 'typescript', 'node'].includes(name),
      ),
    ).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('is an archive that serves where it was unpacked', async () => {
    const stage = (await staged(target.name))!;
    const archive = await packArchive(stage.folder, target, {
      outFolder: join(folder, 'release'),
      version: '9.8.7',
      date: new Date('2026-11-24T00:00:00Z'),
      level: 1,
    });
    expect(archive.path.endsWith(`millrace-9.8.7-${target.name}.tar.gz`)).toBe(true);
    expect(await readFile(`${archive.path}.sha256`, 'utf8')).toBe(
      `${archive.sha256}  millrace-9.8.7-${target.name}.tar.gz\n`,
    );
    console.log(`${target.name}: archive ${(archive.sizeBytes / 1e6).toFixed(1)} MB`);
    const server = await unpackArchive(archive.path, join(folder, 'unpacked'));
    expect((await stat(join(server, 'millrace'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(server, 'package.json'))).mode & 0o777).toBe(0o644);
    expect(await readFile(join(server, 'README.txt'), 'utf8')).toContain('./millrace serve --demo');
    // As root owns it under /opt: nothing of it may need to be written.
    await chmod(server, 0o555);
    {
      await using host = await PackagedHost.start(server);
      expect((await host.predictIris()).prediction).toBe('setosa');
    }
    await chmod(server, 0o755);
    expect((await checkStage(server, target)).faults).toEqual([]);
  });
});

/** Of the process, where the system says it as a file. */
async function residentBytes(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return [...status.matchAll(/^VmRSS:\s+(\d+) kB/gm)].map((match) => Number(match[1]) * 1024);
}
