/** The real main-process code on the fake Electron with a real host as its child: one start of the desktop program in this process. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
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
  /** Of the shell and its host; read at each start of a host. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(electron: FakeElectron, folder: string, settings: NodeJS.ProcessEnv) {
    this.electron = electron;
    this.folder = folder;
    this.dataDirectory = join(folder, 'data');
    const freePorts = { MILLRACE_HTTP_PORT: '0', MILLRACE_ADMIN_PORT: '0' };
    this.env = { ...process.env, ...freePorts, MILLRACE_DATA: this.dataDirectory, ...settings };
  }

  /** A folder of its own, and a program that has not been started. Settings are variables of the environment. */
  static async prepare(settings: NodeJS.ProcessEnv = {}): Promise<DesktopRun> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-desktop-'));
    await mkdir(join(folder, 'data'));
    const paths = { userData: join(folder, 'shell'), appData: join(folder, 'config'), exe: '/opt/millrace' };
    return new DesktopRun(new FakeElectron(root, paths), folder, settings);
  }

  start({ words = [] as readonly string[], isReady = true } = {}): void {
    startShell(this.electron.port, {
      argv: ['electron', ...words],
      platform: process.platform,
      env: this.env,
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
