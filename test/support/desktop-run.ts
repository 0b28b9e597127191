/** The real main-process code on the fake Electron with a real host as its child: one start of the desktop program in this process. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startShell } from '../../electron/shell.ts';
import { HostClient } from '../../server/cli/host-client.ts';
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import { root } from '../architecture/source-files.ts';
import { FakeElectron } from '../fakes/electron.ts';
import { isRunning, until } from './host-process.ts';

export class DesktopRun implements AsyncDisposable {
  readonly electron: FakeElectron;
  readonly folder: string;
  readonly dataDirectory: string;

  private constructor(electron: FakeElectron, folder: string) {
    this.electron = electron;
    this.folder = folder;
    this.dataDirectory = join(folder, 'data');
  }

  /** A folder with settings for free ports, and a program that has not been started. */
  static async prepare(settings: Readonly<Record<string, unknown>> = {}): Promise<DesktopRun> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-desktop-'));
    await mkdir(join(folder, 'data'));
    const free = { http: { port: 0 }, admin: { port: 0 }, ...settings };
    await writeFile(join(folder, 'data', 'settings.json'), JSON.stringify(free));
    const paths = { userData: join(folder, 'shell'), appData: join(folder, 'config'), exe: '/opt/millrace' };
    return new DesktopRun(new FakeElectron(root, paths), folder);
  }

  start({ words = [] as readonly string[], isReady = true } = {}): void {
    startShell(this.electron.port, {
      argv: ['electron', ...words],
      platform: process.platform,
      env: { MILLRACE_DATA: this.dataDirectory },
      cwd: () => this.folder,
      resourcesPath: this.folder,
    });
    if (isReady) this.electron.app.becomeReady();
  }

  /** The host that answers for this data folder, once it does. */
  async host(withinMs = 60_000): Promise<HostView> {
    let found: HostView | undefined;
    await until('a host answers', withinMs, async () => {
      found = await (await HostClient.running(this.dataDirectory).catch(() => undefined))?.status();
      return found !== undefined && found.models.every(({ state }) => state !== 'LOADING');
    });
    return found!;
  }

  /** The host, its copies and its warden, by their process ids. */
  async processes(): Promise<number[]> {
    const { pid, wardenPid, models } = await this.host();
    const copies = models.flatMap(({ versions }) =>
      versions.flatMap(({ replicas }) => replicas.map((each) => each.pid)),
    );
    return [pid, ...copies, ...(wardenPid === undefined ? [] : [wardenPid])];
  }

  /** The last host took its leave: one that was killed leaves its run file. */
  get stoppedInOrder(): boolean {
    return !existsSync(join(this.dataDirectory, 'run.json'));
  }

  /** As a person quits; resolves when the program has ended. */
  async quit(): Promise<void> {
    this.electron.app.quit();
    await until('the program has ended', 30_000, () => this.electron.app.exitCode !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.electron.windows.length > 0 && this.electron.app.exitCode === undefined) await this.quit();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function allGone(pids: readonly number[]): Promise<boolean> {
  const running = await Promise.all(pids.map(isRunning));
  return !running.includes(true);
}
