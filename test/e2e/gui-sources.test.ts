/** A folder as a source, from the form to a model that answers. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel } from '../support/versioned-models.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

describe.skipIf(browserPath === undefined)('a source', { timeout: 180_000 }, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    browser = await launchBrowser();
    folder = await mkdtemp(join(tmpdir(), 'millrace-gui-source-'));
    await mkdir(join(folder, 'fresh', '1'), { recursive: true });
    await writeFile(join(folder, 'fresh', '1', 'model.onnx'), scaleModel(3));
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is added, tested, looked at, fetched from, paused and removed', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    const { adminUrl } = await bench.start();
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    await gui.goTo('/sources');
    await page.getByRole('button', { name: 'Add a source' }).click();
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByText('Small letters, digits and inner hyphens').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('usb');
    await page.getByRole('textbox', { name: 'Folder' }).fill(folder);
    await page.getByRole('textbox', { name: 'Ask every so many minutes' }).fill('0');
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('heading', { name: 'usb' }).waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Test it' }).click();
    await page.getByRole('list', { name: 'Test it' }).getByText('Gives bytes').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Fetch now' }).click();
    await page.getByRole('contentinfo').waitFor();
    await page.getByText('Done', { exact: true }).first().waitFor({ timeout: 60_000 });
    expect((await bench.answer('fresh')).y).toBe(9);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'Remove usb; its models stay' }).click();
    await page.getByText('No source yet').waitFor();
    expect(gui.complaints).toEqual([]);
  });
});
