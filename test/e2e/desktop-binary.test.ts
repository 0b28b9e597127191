/**
 * The desktop program on the real Electron, where its binary is here and may run: a display, and not as root, because nothing
 * switches Chromium's sandbox off. What the shell does is tested without it (desktop.test.ts); this is about Electron.
 */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { _electron } from 'playwright-core';
import type { ElectronApplication } from 'playwright-core';
import { decideDesktop, electronProgram, isElectronThere } from '../../build/desktop-start.mjs';
import { buildElectron } from '../../build/electron.mjs';
import { buildGui } from '../../build/gui.mjs';
import { root } from '../architecture/source-files.ts';
import { DesktopRun, allGone } from '../support/desktop-run.ts';
import { until } from '../support/host-process.ts';

const { platform, arch } = process;
// A build machine with a display is a fine place for this.
const { CI: _, ELECTRON_RUN_AS_NODE: __, ...env } = process.env;
const isInstalled = isElectronThere(root, platform, env);
const decision = decideDesktop({ platform, arch, env, userId: process.getuid?.(), serveWords: [], isInstalled });
const obstacle =
  typeof decision === 'object'
    ? decision.reason
    : isInstalled
      ? undefined
      : 'its binary is not here: run `npx install-electron`';
if (obstacle !== undefined) console.warn(`Skipped: no real Electron, because ${obstacle}.`);

describe.skipIf(obstacle !== undefined)('the desktop program on the real Electron', { timeout: 120_000 }, () => {
  let run: DesktopRun;
  let app: ElectronApplication;
  const launchEnv = (): Record<string, string> => {
    const { CI: _ci, ELECTRON_RUN_AS_NODE: _asNode, ...rest } = run.env;
    return rest as Record<string, string>;
  };
  const words = (): string[] => [root, `--user-data-dir=${run.folder}/shell`];

  beforeAll(async () => {
    await buildElectron();
    expect(buildGui()).toBe(true);
    run = await DesktopRun.prepare();
    app = await _electron.launch({
      executablePath: electronProgram(root, platform, env),
      args: words(),
      env: launchEnv(),
    });
  });
  afterAll(async () => {
    await app?.close().catch(() => {});
    await run?.[Symbol.asyncDispose]();
  });

  it('opens a window on the GUI, in which a model answers', async () => {
    const page = await app.firstWindow();
    await run.host();
    expect(page.url()).toMatch(/^app:\/\/gui\//);
    await page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    const answer = await page.evaluate(
      `fetch('/api/v1/models/iris/predict', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"features":[5.1,3.5,1.4,0.2]}' }).then((response) => response.json())`,
    );
    expect(answer).toMatchObject({ prediction: 'setosa' });
  });

  it('gives the page neither Node nor a way out', async () => {
    const page = await app.firstWindow();
    expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined');
    expect(await page.evaluate("window.open('https://example.org/') === null")).toBe(true);
    await page.evaluate("location.href = 'https://example.org/'");
    expect(page.url()).toMatch(/^app:\/\/gui\//);
    expect(await page.evaluate('Notification.requestPermission()')).toBe('denied');
  });

  it('has its host back when that dies', async () => {
    const { pid } = await run.host();
    process.kill(pid, 'SIGKILL');
    await until('another host', 60_000, async () => (await run.host()).pid !== pid);
  });

  it('comes to the front when it is started again, and starts no second one', async () => {
    const { pid } = await run.host();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide());
    const second = spawn(electronProgram(root, platform, env), words(), { env: launchEnv(), stdio: 'ignore' });
    expect(await new Promise((resolve) => second.on('exit', resolve))).toBe(0);
    await until('the window is there', 5000, () =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible()),
    );
    expect((await run.host()).pid).toBe(pid);
  });

  it('leaves no process when it quits', async () => {
    const pids = await run.processes();
    const shellPid = app.process().pid!;
    await app.evaluate(({ app: program }) => program.quit()).catch(() => {});
    await until('all processes have ended', 30_000, () => allGone([shellPid, ...pids]));
  });
});
