/** Versions in the GUI, under load: made live, rolled back, shadowed, split, removed, without a failed request. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { until } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';
import { StoreBench } from '../support/store-bench.ts';
import { scaleModel } from '../support/versioned-models.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

describe.skipIf(browserPath === undefined)('a model of two versions', { timeout: 180_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  it('is promoted and rolled back by a button while requests are answered', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2));
    const { adminUrl } = await bench.start('1');
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    const statuses: number[] = [];
    let isOver = false;
    const load = (async () => {
      while (!isOver) statuses.push((await bench.infer('m', 3)).status);
    })();
    await gui.goTo('/models/m/versions');
    await page.getByRole('button', { name: 'Make it live' }).click();
    await until('version 2 answers', 60_000, async () => (await bench.answer('m')).version === '2');
    await page.getByRole('heading', { name: 'Promote version 2 of m' }).waitFor();
    await page.getByRole('button', { name: 'Roll back to version 1' }).click();
    await until('version 1 answers again', 60_000, async () => (await bench.answer('m')).version === '1');
    isOver = true;
    await load;
    expect(statuses.length).toBeGreaterThan(20);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    await page.getByRole('link', { name: 'Activity' }).click();
    await page
      .getByRole('list', { name: 'Events, newest first' })
      .getByText(/version/)
      .first()
      .waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('runs one as the shadow of the other and says how they differ', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2));
    const { adminUrl } = await bench.start('1');
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    await gui.goTo('/models/m/versions');
    await page.getByRole('button', { name: 'Run as shadow' }).click();
    await page.getByRole('heading', { name: 'Version 2 as the shadow of version 1' }).waitFor({ timeout: 60_000 });
    const different = page.locator('dt', { hasText: 'Different' }).locator('xpath=../dd');
    await until('differences are counted', 60_000, async () => {
      await bench.infer('m', 3);
      return /^[1-9]\d* \(100\.0%\)$/.test(await different.innerText());
    });
    await page.getByRole('button', { name: 'End the shadow' }).click();
    await page.getByRole('button', { name: 'Run as shadow' }).waitFor({ timeout: 60_000 });
  });

  it('splits requests by weight, and asks before a version is removed', async () => {
    await using bench = await StoreBench.open();
    await bench.put('m', '1', scaleModel(1));
    await bench.put('m', '2', scaleModel(2));
    const { adminUrl } = await bench.start('1');
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    await gui.goTo('/models/m/versions');
    await page.getByRole('textbox', { name: 'Version 2' }).fill('50');
    await page.getByRole('textbox', { name: 'Version 1' }).fill('50');
    await page.getByRole('button', { name: 'Split', exact: true }).click();
    const seen = new Set<string>();
    await until('both versions answer', 60_000, async () => {
      seen.add((await bench.answer('m')).version);
      return seen.size === 2;
    });
    await page.getByRole('button', { name: 'End the split' }).click();
    await page.getByRole('button', { name: 'End the split' }).waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'Remove version 2' }).click();
    await page.getByRole('heading', { name: 'Version 2', exact: true }).waitFor({ state: 'detached', timeout: 60_000 });
    expect((await bench.answer('m')).version).toBe('1');
  });

  it('brings a removed version back by a button', async () => {
    await using bench = await StoreBench.open();
    for (const factor of [1, 2]) {
      const file = join(bench.data, 'm.onnx');
      await writeFile(file, scaleModel(factor));
      expect(await millrace('models', 'import', file, '--data', bench.data)).toMatchObject({ code: 0 });
    }
    const { adminUrl } = await bench.start('1');
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    await gui.goTo('/models/m/versions');
    const heading = page.getByRole('heading', { name: 'Version 2', exact: true });
    await heading.waitFor();
    expect(await page.getByRole('heading', { name: 'Removed, and can come back' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'Remove version 2' }).click();
    await heading.waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByRole('heading', { name: 'Removed, and can come back' }).waitFor();
    await page.getByRole('button', { name: 'Restore version 2' }).click();
    await heading.waitFor({ timeout: 60_000 });
    await page
      .getByRole('heading', { name: 'Removed, and can come back' })
      .waitFor({ state: 'detached', timeout: 60_000 });
    expect((await bench.answer('m')).version).toBe('1');
    expect(gui.complaints).toEqual([]);
  });
});
