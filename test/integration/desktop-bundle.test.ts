/** The built shell in a process of its own, as Electron would run it: what it leaves behind, however it ends. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildElectron } from '../../build/electron.mjs';
import { root } from '../architecture/source-files.ts';
import { DesktopRun, allGone } from '../support/desktop-run.ts';
import { until } from '../support/host-process.ts';

const program = fileURLToPath(new URL('../fixtures/electron-program.ts', import.meta.url));

class Program implements AsyncDisposable {
  readonly run: DesktopRun;
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(run: DesktopRun) {
    this.run = run;
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    this.child = spawn(process.execPath, [program, run.folder], { stdio: [...stdio], env: run.env });
    this.exited = new Promise((resolve) => {
      this.child.on('exit', resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

beforeAll(() => buildElectron());

/** Hosts of a data folder by their command lines: also one that has not said anything yet. */
function hostsOf(dataDirectory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes('--parent') && words.includes(dataDirectory);
      } catch {
        return false;
      }
    });
}

describe('the built shell', { timeout: 120_000 }, () => {
  it('needs no package: Electron and Node are all it imports', () => {
    for (const name of ['main.js', 'preload.cjs']) {
      const text = readFileSync(join(root, 'dist', 'electron', name), 'utf8');
      const wanted = [...text.matchAll(/^import [^;]*?from ?["']([^"']+)["']|\brequire\(["']([^"']+)["']\)/gm)];
      const names = wanted.map(([, imported, required]) => imported ?? required!);
      expect(names).toContain('electron');
      expect(names.filter((each) => each !== 'electron' && !each.startsWith('node:'))).toEqual([]);
    }
  });

  it('ends in order on SIGTERM, with its host and all of its children', async () => {
    await using run = await DesktopRun.prepare();
    await using started = new Program(run);
    const pids = await run.processes();
    started.child.kill('SIGTERM');
    expect(await started.exited).toBe(0);
    await until('all processes have ended', 5000, () => allGone(pids));
    expect(run.stoppedInOrder).toBe(true);
  });

  it('leaves nothing behind when it is killed: the host notices and stops in order', async () => {
    await using run = await DesktopRun.prepare();
    await using started = new Program(run);
    const pids = await run.processes();
    started.child.kill('SIGKILL');
    await started.exited;
    await until('all processes have ended', 20_000, () => allGone(pids));
    expect(run.stoppedInOrder).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves nothing behind when it is killed while its host is still starting',
    async () => {
      await using run = await DesktopRun.prepare();
      {
        await using started = new Program(run);
        await until('the host process', 20_000, () => hostsOf(run.dataDirectory).length > 0);
        started.child.kill('SIGKILL');
        await started.exited;
      }
      await until('the host has ended', 20_000, () => hostsOf(run.dataDirectory).length === 0);
    },
  );
});
