/** Models that are dropped on the GUI: a good one is live and answers, a wrong one says what it is, a name is taken. */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { demoModels } from '../support/host-process.ts';
import { TestHost } from '../support/test-host.ts';
import { LINK_MODE, zip } from '../support/zip-writer.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

/** Drops a file on the element as a hand would. */
async function drop(page: Page, selector: string, name: string, content: Buffer): Promise<void> {
  const data = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); const bytes = Uint8Array.from(atob(${JSON.stringify(content.toString('base64'))}), (c) => c.charCodeAt(0)); data.items.add(new File([bytes], ${JSON.stringify(name)})); return data; })()`,
  );
  const target = page.locator(selector).first();
  await target.dispatchEvent('dragover', { dataTransfer: data });
  await target.dispatchEvent('drop', { dataTransfer: data });
}

const zone = '[role="group"][aria-label^="Drop a model"]';

describe.skipIf(browserPath === undefined)('a dropped model', { timeout: 120_000 }, () => {
  let host: TestHost;
  let browser: Browser;
  let iris: Buffer;

  beforeAll(async () => {
    host = await TestHost.start();
    browser = await launchBrowser();
    iris = await readFile(join(demoModels, 'iris', '1', 'model.onnx'));
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  it('is sent, checked and tried, with each check and what was measured, and its job is in Activity', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/models');
    await drop(page, zone, 'flowers.onnx', iris);
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('flowers is imported as version 1').waitFor({ timeout: 60_000 });
    const checks = await page.getByRole('list', { name: 'What was checked' }).innerText();
    expect(checks).toMatch(/opset \d+/);
    expect(checks).toMatch(/It loads in [\d.]+\sm?s/);
    expect(checks).toMatch(/One copy takes [\d.]+\sMB of memory/);
    await page.getByRole('button', { name: 'Show as command' }).first().click();
    await page.getByText('millrace models import flowers.onnx').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Activity' }).click();
    await page.getByRole('heading', { name: 'Import flowers.onnx' }).waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('that is a web page is refused in words that say so, and can be followed by another', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/models');
    await drop(page, zone, 'defects.onnx', Buffer.from('<!DOCTYPE html><html><title>Log in</title></html>'));
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor({ timeout: 30_000 });
    expect(await alert.innerText()).toMatch(/web page/i);
    expect(await alert.innerText()).toMatch(/Code model-refused/);
    await page.getByRole('button', { name: 'Import another' }).click();
    await page.getByText('Drop a model here').first().waitFor();
  });

  it('that is hostile is refused with the reason, and nothing of it is kept', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    const outside = join(host.dataDirectory, '..', 'escaped.onnx');
    const archives: readonly (readonly [string, Buffer, RegExp])[] = [
      ['escape.zip', zip([{ name: '../escaped.onnx', content: iris }]), /outside|'\.\.'|escaped/i],
      [
        'bomb.zip',
        zip([{ name: 'm/1/model.onnx', content: Buffer.alloc(200_000_000), deflate: true }]),
        /larg|times|size|zip/i,
      ],
      ['link.zip', zip([{ name: 'm/1/model.onnx', content: '/etc/passwd', mode: LINK_MODE }]), /link/i],
    ];
    await gui.goTo('/models');
    for (const [name, content, reason] of archives) {
      await drop(page, zone, name, content);
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      const alert = page.getByRole('alert');
      await alert.waitFor({ timeout: 60_000 });
      expect(await alert.innerText(), name).toMatch(reason);
      await page.getByRole('button', { name: 'Import another' }).click();
      await page.getByText('Drop a model here').first().waitFor();
    }
    expect(existsSync(outside)).toBe(false);
    expect(await readdir(join(host.dataDirectory, 'staging')).catch(() => [])).toEqual([]);
    const { models } = await host.status();
    expect(models.map(({ name }) => name)).not.toContain('m');
  });

  it('with a name that cannot be is refused with the rule', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/models/import');
    await drop(page, `dialog ${zone}`, 'iris.onnx', iris);
    await page.getByRole('textbox', { name: 'Name' }).fill('../up');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor({ timeout: 30_000 });
    expect(await alert.innerText()).toMatch(/invalid-name/);
  });

  it('is dropped anywhere else without the browser leaving the page', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/settings');
    await drop(page, 'main', 'flowers.onnx', iris);
    await page.getByRole('heading', { name: 'Import a model' }).waitFor();
    await page.getByText('flowers.onnx').first().waitFor();
  });
});
