/**
 * The desktop program whole: the shell's own code on the fake Electron, a real Chromium as its window, a real host on the bundled
 * Node. The same with the real binary is desktop-binary.test.ts.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { buildElectron } from '../../build/electron.mjs';
import { buildGui } from '../../build/gui.mjs';
import { HostClient } from '../../server/cli/host-client.ts';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { DesktopRun, allGone } from '../support/desktop-run.ts';
import { DesktopWindow } from '../support/desktop-window.ts';
import { HostProcess, demoModels, until } from '../support/host-process.ts';
import { tunableModel } from '../support/awkward-models.ts';
import { openTestRepository } from '../support/model-repository.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

let browser: Browser;

beforeAll(async () => {
  await buildElectron();
  expect(buildGui()).toBe(true);
  if (browserPath !== undefined) browser = await launchBrowser();
});

afterAll(async () => browser?.close());

async function predict(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Try it', exact: true }).first().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

describe.skipIf(browserPath === undefined)('the desktop window', { timeout: 180_000 }, () => {
  it('starts a host, shows it, gets an answer from it, and leaves no process when it quits', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { page } = window;
    const { models } = await run.host();
    expect(models.map(({ name }) => name)).toContain('iris');
    await page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    await predict(page);
    const answer = await page.evaluate(
      `fetch('/api/v1/models/iris/predict', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"features":[5.1,3.5,1.4,0.2]}' }).then((response) => response.json())`,
    );
    expect(answer).toMatchObject({ prediction: 'setosa' });
    const everything = (await page.evaluate(
      'JSON.stringify([...Object.values(localStorage), document.cookie, document.documentElement.outerHTML])',
    )) as string;
    const { adminToken } = (await HostClient.find(run.dataDirectory)).run;
    expect(everything).not.toContain(adminToken);
    // Chromium notes each 503 that the page got while the host was starting.
    expect(window.complaints.filter((line) => !line.includes('503'))).toEqual([]);
    const pids = await run.processes();
    expect(pids.length).toBeGreaterThan(4);
    await run.quit();
    expect(run.electron.app.exitCode).toBe(0);
    await until('all processes have ended', 5000, () => allGone(pids));
    expect(run.stoppedInOrder).toBe(true);
  });

  it('shows why a host died and has it back by itself', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { pid } = await run.host();
    await until('the tray is ready', 20_000, () => run.electron.tray.image.endsWith('tray-ready.png'));
    process.kill(pid, 'SIGKILL');
    await window.page.getByText('The host has died').waitFor({ timeout: 15_000 });
    await until('another host', 60_000, async () => (await run.host()).pid !== pid);
    await until('the tray is ready again', 20_000, () => run.electron.tray.image.endsWith('tray-ready.png'));
    await window.page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    await window.page.getByText('The host has died').waitFor({ state: 'detached' });
  });

  it('says what is wrong with the settings, in the words of the host, and starts when that has been corrected', async () => {
    await using run = await DesktopRun.prepare({ MILLRACE_HTTP_PORT: 'eight thousand' });
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    await window.page.getByText('Millrace cannot start with its settings.').waitFor({ timeout: 30_000 });
    await window.page.getByText('http.port').first().waitFor();
    await until('the tray', 5000, () => run.electron.tray.image.endsWith('tray-attention.png'));
    run.env['MILLRACE_HTTP_PORT'] = '0';
    await window.page.getByRole('button', { name: 'Start again' }).click();
    await run.host();
    await window.page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
  });

  it('imports a file that was opened with it where it lies, once a person says so', async () => {
    await using run = await DesktopRun.prepare();
    const path = join(demoModels, 'iris', '1', 'model.onnx');
    run.start({ words: [path] });
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { page } = window;
    await run.host();
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.waitFor({ timeout: 30_000 });
    expect((await run.host()).models.map((model) => model.name)).not.toContain('opened');
    const uploads: string[] = [];
    page.on('request', (request) => request.url().includes('/uploads') && uploads.push(request.url()));
    await name.fill('opened');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('opened is imported as version 1').waitFor({ timeout: 60_000 });
    expect(uploads).toEqual([]);
  });

  it('reads a dropped file where it lies, and sends one that was never on disk', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { page } = window;
    await run.host();
    await page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    const uploads: string[] = [];
    page.on('request', (request) => request.url().endsWith('/uploads') && uploads.push(request.url()));
    const path = join(demoModels, 'iris', '1', 'model.onnx');
    for (const [name, paths] of [
      ['on-disk', { 'model.onnx': path }],
      ['in-memory', {}],
    ] as const) {
      await page.getByRole('link', { name: 'Models', exact: true }).first().click();
      await page.evaluate(`globalThis.__paths = ${JSON.stringify(paths)}`);
      await page.locator('input[type=file]').first().setInputFiles(path);
      await page.getByRole('textbox', { name: 'Name' }).fill(name);
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByText(`${name} is imported as version 1`).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Import another' }).click();
      await page.keyboard.press('Escape');
    }
    expect(uploads).toHaveLength(1);
  });

  it('goes where a second start or a link wants, and starts no second host', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { pid } = await run.host();
    await window.page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    run.electron.window.hide();
    run.electron.app.emit('second-instance', {}, ['millrace', 'millrace://models/iris'], run.folder);
    expect(run.electron.window.isVisible()).toBe(true);
    await window.page.waitForURL('**/models/iris');
    run.electron.app.emit('open-url', { preventDefault() {} }, 'millrace://import?url=https://evil.example/m.onnx');
    run.electron.app.emit('second-instance', {}, ['millrace'], run.folder);
    expect(run.electron.windows).toHaveLength(1);
    expect(window.page.url()).toMatch(/\/models\/iris$/);
    expect((await run.host()).pid).toBe(pid);
  });

  it('has its switches in Settings, and each does what it says', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    const { page } = window;
    const { pid } = await run.host();
    await page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: 'Settings', exact: true }).first().click();
    const awake = page.getByRole('checkbox', { name: /Keep this computer awake/ });
    await awake.check();
    await until('the machine is kept awake', 5000, () => run.electron.blockers.size === 1);
    await awake.uncheck();
    await until('it may sleep', 5000, () => run.electron.blockers.size === 0);
    expect(await page.getByRole('checkbox', { name: /Start in the tray/ }).isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: /Close to the tray/ }).check();
    await until('it is saved', 5000, () => {
      run.electron.window.show();
      run.electron.window.close();
      return !run.electron.window.isVisible();
    });
    expect(run.electron.app.exitCode).toBeUndefined();
    expect((await run.host()).pid).toBe(pid);
    // Some desktops there show no tray.
    const hints = run.electron.notifications.filter(({ title }) => title === 'Millrace serves on');
    expect(hints).toHaveLength(process.platform === 'linux' ? 1 : 0);
    run.electron.tray.choose('Open Millrace');
    expect(run.electron.window.isVisible()).toBe(true);
    run.electron.tray.choose('Stop serving and quit');
    await until('the program has ended', 30_000, () => run.electron.app.exitCode === 0);
  });

  it('takes a host that runs already, follows it over a restart of that host, and leaves it running', async () => {
    await using run = await DesktopRun.prepare();
    const settings = { dataDirectory: run.dataDirectory };
    await using service = await HostProcess.start({ models: demoModels, settings });
    run.start();
    await until('the window', 10_000, () => run.electron.windows.length === 1);
    await using window = await DesktopWindow.open(run.electron, browser);
    await window.page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 30_000 });
    expect((await run.host()).pid).toBe(service.pid);
    await until('the tray knows', 10_000, () => run.electron.tray.labels.includes('Quit'));
    await service.kill();
    await window.page.getByText('Millrace has not answered').waitFor({ timeout: 10_000 });
    await using restarted = await HostProcess.start({ models: demoModels, settings });
    await window.page.getByText('Serving', { exact: true }).first().waitFor({ timeout: 15_000 });
    await until('the tray is ready', 10_000, () => run.electron.tray.image.endsWith('tray-ready.png'));
    await run.quit();
    expect((await run.host()).pid).toBe(restarted.pid);
  });
});

describe('an installed program', { timeout: 60_000 }, () => {
  it('starts no host from files that are not those that were installed, and says which file it is', async () => {
    await using run = await DesktopRun.prepare();
    run.electron.app.isPackaged = true;
    const server = join(run.folder, 'server');
    await mkdir(join(server, 'bin'), { recursive: true });
    await writeFile(join(server, 'bin', 'millrace.mjs'), 'throw new Error("This must not run.")');
    run.start();
    await until('it says so', 10_000, () => run.electron.tray?.toolTip.includes('missing or damaged') === true);
    expect(run.electron.tray.labels).toContain('Start again');
    expect(run.electron.notifications).toHaveLength(0);
    expect(run.electron.app.done).toContain('setAsDefaultProtocolClient millrace');
    await run.quit();
  });
});

describe('a program that was started at login', { timeout: 60_000 }, () => {
  it('stays in the tray where a person wants that, and tells what needs one', async () => {
    await using run = await DesktopRun.prepare({ MILLRACE_HTTP_PORT: 'x' });
    await mkdir(join(run.folder, 'shell'));
    await writeFile(join(run.folder, 'shell', 'shell.json'), '{"startHidden":true,"startAtLogin":true}');
    run.start({ words: ['--hidden'] });
    await until('a notification', 30_000, () => run.electron.notifications.length === 1);
    expect(run.electron.notifications[0]!.title).toBe('Millrace cannot start with its settings.');
    expect(run.electron.window.isVisible()).toBe(false);
    expect(run.electron.window.loaded).toEqual([]);
    run.electron.notifications[0]!.emit('click');
    expect(run.electron.window.isVisible()).toBe(true);
    if (process.platform === 'linux') {
      const entry = await readFile(join(run.folder, 'config', 'autostart', 'millrace.desktop'), 'utf8');
      expect(entry).toContain('"--hidden"');
    }
  });
});

describe('the end of the desktop program', { timeout: 120_000 }, () => {
  it('waits for a request that is under way', async () => {
    const repository = await openTestRepository([{ name: 'worker', bytes: tunableModel() }]);
    await using run = await DesktopRun.prepare({ MILLRACE_MODELS: repository.directory });
    run.start();
    const { inferenceUrl, pid } = await run.host();
    const inputs = [
      { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] },
      // Half a second, and several on a busy machine; the host waits for ten.
      { name: 'rounds', datatype: 'INT64', shape: [1, 1], data: [1500] },
    ];
    const url = `${inferenceUrl}/v2/models/worker/infer`;
    const answer = fetch(url, { method: 'POST', body: JSON.stringify({ inputs }) });
    await until('it runs', 10_000, async () => {
      const { models } = await run.host();
      return models.some(({ versions }) => versions.some(({ replicas }) => replicas.some((each) => each.inFlight > 0)));
    });
    await run.quit();
    expect(run.stoppedInOrder).toBe(true);
    expect((await answer).status).toBe(200);
    expect(await (await answer).json()).toMatchObject({ outputs: [{ data: [1, 2, 3, 4] }] });
    await until('the host has ended', 5000, () => allGone([pid]));
    await repository.remove();
  });

  it('may come before Electron is ready: no window appears then', async () => {
    await using run = await DesktopRun.prepare();
    run.start({ isReady: false });
    await run.quit();
    run.electron.app.becomeReady();
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.electron.windows).toEqual([]);
  });

  it('comes while the host is still starting, and nothing stays behind', async () => {
    for (const afterMs of [0, 150, 600]) {
      await using run = await DesktopRun.prepare();
      run.start();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await run.quit();
      expect(run.electron.app.exitCode).toBe(0);
      await until('nobody answers', 5000, async () => (await HostClient.running(run.dataDirectory)) === undefined);
    }
  });

  it('does not wait for a host that hangs: all of its processes are killed', async () => {
    await using run = await DesktopRun.prepare();
    run.start();
    const pids = await run.processes();
    process.kill(pids[0]!, 'SIGSTOP');
    const startedMs = performance.now();
    run.electron.window.emit('session-end', { reasons: ['shutdown'] });
    await until('the program has ended', 20_000, () => run.electron.app.exitCode !== undefined);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await until('all processes have ended', 5000, () => allGone(pids));
    expect(run.stoppedInOrder).toBe(false);
  });

  it('is the end of a second start, which starts nothing', async () => {
    await using run = await DesktopRun.prepare();
    run.electron.app.hasLock = false;
    run.start();
    expect(run.electron.app.exitCode).toBe(0);
    expect(run.electron.windows).toEqual([]);
  });
});
