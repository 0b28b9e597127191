/** Looking after a host in the GUI: copies, the log, settings, the doctor and its bundle, saved answers, older events. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Download, Page } from 'playwright-core';
import type { CopyView } from '../../server/protocol/admin/copy-view.ts';
import type { SettingsExport } from '../../server/protocol/admin/settings-view.ts';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { until } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

async function download(page: Page, button: string | RegExp): Promise<Buffer> {
  const [saved] = (await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])) as [Download, void];
  return readFile(await saved.path());
}

describe.skipIf(browserPath === undefined)('a person who looks after a host', { timeout: 180_000 }, () => {
  let host: TestHost;
  let browser: Browser;

  beforeAll(async () => {
    host = await TestHost.start({
      settings: { defaults: { replicas: 2 }, cache: { enabled: true }, log: { level: 'silent' } },
    });
    browser = await launchBrowser();
    await until('both copies of iris are ready', 30_000, async () => (await copies()).length === 2);
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  async function copies(): Promise<CopyView[]> {
    const all = (await host.admin('/copies')).json<CopyView[]>();
    return all.filter(({ model, state }) => model === 'iris' && state !== 'starting');
  }

  it('drains, resumes and restarts a copy under load, and no request is lost', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    let isOver = false;
    const load = runLoad({
      url: `${host.url}/predict/iris`,
      body: () => JSON.stringify({ features: [5, 3, 1, 0.2] }),
      headers: { 'Cache-Control': 'no-store' },
      connections: 4,
      stopped: () => isOver,
    });
    await gui.goTo('/monitor/copies');
    const before = (await copies()).find(({ name }) => name === 'iris/1#0')!;
    const row = page.getByRole('row').filter({ hasText: 'iris/1#0' });
    await page.getByRole('button', { name: 'Drain iris/1#0' }).click();
    await row.getByText('Drained').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Resume iris/1#0' }).click();
    await row.getByText('Ready').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Restart iris/1#0' }).click();
    await page.getByRole('heading', { name: 'Restart iris/1#0' }).waitFor();
    await page.getByText('Done').waitFor({ timeout: 60_000 });
    await row.getByText('1 (ended on request)').waitFor({ timeout: 20_000 });
    isOver = true;
    const { answered, statuses, lost } = await load;
    expect([statuses, lost]).toEqual([{ 200: answered }, []]);
    const after = (await copies()).find(({ name }) => name === 'iris/1#0')!;
    expect(after.pid).not.toBe(before.pid);
    await page.getByRole('button', { name: 'Show as command' }).last().click();
    await page.getByText("npx millrace copies restart 'iris/1#0'").waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('is told in place why the only copy is not drained', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/monitor/copies');
    await page.getByRole('button', { name: 'Drain digits/1#0' }).click();
    await page.getByRole('row').filter({ hasText: 'digits/1#0' }).getByText('Drained').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Drain digits/1#1' }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/only copy that takes requests[^]*Restart it instead/);
    await page.getByRole('button', { name: 'Resume digits/1#0' }).click();
  });

  it('follows the log, by level and by words', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/monitor/log');
    const lines = page.getByRole('region', { name: 'Lines of the log' });
    await lines.getByText('iris/1 is ready.').waitFor();
    const [victim] = await copies();
    process.kill(victim!.pid, 'SIGKILL');
    await lines.getByText(/ended \(SIGKILL\)/).waitFor({ timeout: 20_000 });
    await page.getByRole('radio', { name: 'Warnings' }).check();
    await lines.getByText('iris/1 is ready.').waitFor({ state: 'detached' });
    await lines.getByText(/ended \(SIGKILL\)/).waitFor();
    await page.getByRole('searchbox', { name: 'Search the log' }).fill('nothing says this');
    await page.getByText('No line fits').waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('changes a setting, sees that it waits, is told what is wrong, and takes it back', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/settings/all');
    await page.getByRole('searchbox', { name: 'Search the settings' }).fill('longest timeoutms');
    await page.getByText('No setting fits').waitFor();
    await page.getByRole('searchbox', { name: 'Search the settings' }).fill('defaults.timeout');
    await page.getByRole('button', { name: 'Change defaults.timeoutMs' }).click();
    const field = page.getByRole('textbox', { name: 'defaults.timeoutMs' });
    await field.fill('0');
    await page.getByText('A whole number from 1 to 3,600,000.').waitFor();
    expect(await page.getByRole('button', { name: 'Keep' }).isDisabled()).toBe(true);
    await field.fill('30000');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByText(/30\s?s after a restart/).waitFor();
    await page.getByText('A change waits for a restart').waitFor();
    // Two settings that do not go together: only the host knows, and says so at the field.
    await page.getByRole('searchbox', { name: 'Search the settings' }).fill('headersTimeout');
    await page.getByRole('button', { name: 'Change limits.headersTimeoutMs' }).click();
    await page.getByRole('textbox', { name: 'limits.headersTimeoutMs' }).fill('300000');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page
      .getByRole('alert')
      .getByText(/requestTimeoutMs/)
      .waitFor();
    await page.getByRole('searchbox', { name: 'Search the settings' }).fill('');
    const fixed = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'http.port' }) });
    expect(await fixed.innerText()).toMatch(/From the command line[^]*Fixed/);
    const exported = JSON.parse((await download(page, 'Save as a file')).toString()) as SettingsExport;
    expect(exported.settings).toMatchObject({ defaults: { timeoutMs: 30_000 } });
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByText('A change waits for a restart').waitFor({ state: 'detached' });
    expect(gui.complaints.filter((line) => !line.includes('400'))).toEqual([]);
  });

  it('takes settings over from a file, after seeing what would change', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/settings/all');
    const choose = (name: string, text: string) =>
      page
        .locator('input[type=file]')
        .first()
        .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    await choose('broken.json', '{');
    await page.getByText('This file is no settings file: it is not JSON.').waitFor();
    await choose('settings.json', JSON.stringify({ drainTimeoutMs: 5000, nonsense: 1 }));
    const dialog = page.getByRole('dialog', { name: 'Take settings over' });
    await dialog.getByRole('row').filter({ hasText: 'drainTimeoutMs' }).waitFor();
    await dialog.getByText('nonsense: There is no such setting.').waitFor();
    await dialog.getByRole('button', { name: 'Take them over' }).click();
    await dialog.waitFor({ state: 'detached' });
    const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'drainTimeoutMs' }) });
    await row.getByText('Changed here').waitFor();
    await page.getByRole('button', { name: 'Take back' }).click();
    await row.getByText('Default', { exact: false }).first().waitFor();
  });

  it('asks the doctor, looks at each part of the bundle, and saves what is left', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/settings/doctor');
    const findings = page.getByRole('list', { name: 'How this installation is' });
    await findings.getByText(/ONNX Runtime .* gives the right answers/).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Put it together' }).click();
    await page.getByRole('button', { name: 'Save 7 parts' }).waitFor({ timeout: 60_000 });
    const text = page.getByRole('region', { name: /^Text of/ });
    await text.getByText(/ONNX Runtime/).waitFor();
    await page.getByRole('button', { name: /settings\.json/ }).click();
    await text.getByText(/defaults\.timeoutMs/).waitFor();
    await page.getByRole('checkbox', { name: 'Save log.jsonl too' }).uncheck();
    const zip = await download(page, 'Save 6 parts');
    expect(zip.subarray(0, 2).toString()).toBe('PK');
    expect(zip.includes('events.jsonl')).toBe(true);
    expect(zip.includes('log.jsonl')).toBe(false);
    expect(gui.complaints).toEqual([]);
  });

  it('removes saved answers, of one model and of all', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await host.post('/predict/iris', { features: [5, 3, 1, 0.3] });
    await host.post('/predict/digits', { features: Array.from({ length: 64 }, () => 0) });
    await gui.goTo('/models/iris');
    await page.getByRole('button', { name: 'Remove saved answers' }).click();
    await page.getByText(/^\d+ answers? w(as|ere) removed\.$/).waitFor();
    await gui.goTo('/models');
    await page.getByRole('button', { name: 'Remove saved answers' }).click();
    await page.getByText(/^\d+ answers? w(as|ere) removed\.$/).waitFor();
  });

  it('asks for older events by page', async () => {
    for (let round = 0; round < 40; round += 1) {
      const value = round % 2 === 0 ? 61_000 : null;
      await host.admin('/settings', {
        method: 'PATCH',
        body: JSON.stringify({ changes: { drainTimeoutMs: value } }),
      });
    }
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/monitor/events');
    const events = page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem');
    await events.first().waitFor();
    expect(await events.count()).toBe(50);
    await page.getByRole('button', { name: 'Show older' }).click();
    await page.getByText('That is all that is kept.').waitFor();
    expect(await events.count()).toBeGreaterThan(50);
    await events.getByText(/has started and takes requests/).waitFor();
  });
});
