/** The landing page in a real browser: it shows, nothing is blocked or loaded from elsewhere, and its examples work. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { HostProcess, demoModels } from '../support/host-process.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

describe.skipIf(browserPath === undefined)('the landing page', () => {
  let host: HostProcess;
  let browser: Browser;

  beforeAll(async () => {
    host = await HostProcess.start({ models: demoModels });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  it('names every model and shows without an error or a blocked resource', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(request.url()));
    await page.goto(host.inferenceUrl);
    const headings = await page.locator('h2').allInnerTexts();
    expect(headings.map((text) => text.split(/\s/)[0])).toEqual(['breast-cancer', 'diabetes', 'digits', 'iris']);
    // The style sheet is inline and allowed by its hash: without it the page would be in the browser's default font.
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).toBe('832px');
    // Browsers ask for an icon by themselves.
    expect(complaints.filter((text) => !text.includes('favicon') && !text.includes('404'))).toEqual([]);
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 700 } });
    await page.goto(host.inferenceUrl);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await page.close();
  });

  it.skipIf(process.platform === 'win32')('shows a curl line for each model that works as printed', async () => {
    const page = await browser.newPage();
    await page.goto(host.inferenceUrl);
    const lines = (await page.locator('pre').allInnerTexts()).filter((text) => text.startsWith('curl'));
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const { stdout } = await promisify(execFile)('sh', ['-c', line]);
      expect(JSON.parse(stdout)).toMatchObject({ version: '1', prediction: expect.anything() });
    }
    await page.close();
  });
});
