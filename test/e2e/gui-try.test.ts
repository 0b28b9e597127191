/** Try it: every kind of form against real models, faults where they are, many runs, and the same request as code. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

describe.skipIf(browserPath === undefined)('Try it', { timeout: 120_000 }, () => {
  let host: TestHost;
  let browser: Browser;

  beforeAll(async () => {
    host = await TestHost.start({ settings: { cache: { enabled: true } } });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  it('runs the example with Ctrl-Enter and says what it is, how sure, and where the time went', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/iris');
    await page.getByRole('textbox', { name: 'petal length (cm)' }).fill('5.1');
    await page.getByRole('textbox', { name: 'petal width (cm)' }).fill('1,9');
    await page.keyboard.press('Control+Enter');
    await page.getByText('% sure').waitFor();
    const answer = await page.locator('[aria-live="polite"]').innerText();
    const direct = await host.post('/predict/iris', { features: [4.4, 3, 5.1, 1.9] });
    expect(answer.startsWith(direct.json<{ prediction: string }>().prediction)).toBe(true);
    await page.getByRole('heading', { name: 'Where the time went' }).waitFor();
    expect(await page.getByText('Queue', { exact: true }).count()).toBe(1);
    // The same again comes from the answer before, and says so.
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('From saved answers').waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('says at the field what is wrong and sends nothing', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    let sent = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/predict')) sent += 1;
    });
    await gui.goTo('/try/iris');
    const field = page.getByRole('textbox', { name: 'petal width (cm)' });
    await field.fill('wide');
    await page.getByText('wide is not a number.').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await field.fill('');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('A number is missing.').waitFor();
    expect(sent).toBe(0);
  });

  it('takes a pasted table, says which cell is wrong, and answers row by row', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/iris');
    await page.getByRole('button', { name: 'Paste a table' }).click();
    const area = page.getByRole('textbox', { name: 'Paste a table' });
    await area.fill('5.1;3.5;1.4;0.2\n6.7;3.0;x;2.3');
    await page.getByText('Line 2, petal length (cm): "x" is not a number.').waitFor();
    await area.fill('5.1;3.5;1.4;0.2\n6.7;3.0;5.2;2.3');
    await page.getByRole('button', { name: 'Use 2 rows' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const rows = page.getByRole('region', { name: 'Answers by row' }).getByRole('row');
    await rows.nth(2).waitFor();
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringContaining('Answer'),
      expect.stringContaining('setosa'),
      expect.stringContaining('virginica'),
    ]);
  });

  it('runs many times and shows how long they took, as a chart and as numbers', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/diabetes');
    await page.getByRole('button', { name: 'Run 50 times' }).click();
    await page.getByText(/^p50 .+, p95 .+, longest .+/).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Run 50 times' }).waitFor({ timeout: 60_000 });
    const counts = await page.locator('caption + thead + tbody td:last-child').allInnerTexts();
    expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(50);
  });

  it.skipIf(process.platform === 'win32')('gives a curl line that works as it is copied', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/iris');
    await page.getByRole('radio', { name: 'As code' }).check();
    await page.getByRole('radio', { name: 'curl' }).check();
    await page.getByRole('button', { name: 'Copy this code' }).click();
    const line = String(await page.evaluate('navigator.clipboard.readText()'));
    const { stdout } = await promisify(execFile)('sh', ['-c', line]);
    expect(JSON.parse(stdout)).toMatchObject({ model: 'iris', prediction: expect.anything() });
  });

  it('takes a picture that is dropped on the pad', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/digits');
    const data = await page.evaluateHandle(`(async () => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 64;
      const context = canvas.getContext('2d');
      context.fillStyle = 'white';
      context.fillRect(0, 0, 64, 64);
      context.fillStyle = 'black';
      context.fillRect(26, 2, 14, 60);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve));
      const data = new DataTransfer();
      data.items.add(new File([blob], 'one.png', { type: 'image/png' }));
      return data;
    })()`);
    const pad = page.getByRole('img', { name: /^Drawing pad/ });
    await pad.dispatchEvent('drop', { dataTransfer: data });
    await page.getByText('% sure').waitFor();
    expect(await page.getByRole('list', { name: 'Scores by class' }).getByRole('listitem').first().innerText()).toMatch(
      /^1\b/,
    );
  });

  it('says in the words of the host why a model cannot answer', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/iris');
    await page.route('**/predict', (route) =>
      route.fulfill({
        status: 503,
        json: { error: 'The queue is full.', code: 'queue-full', hint: 'Try again.', request_id: 'r7' },
      }),
    );
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    for (const part of ['The queue is full.', 'Try again.', 'queue-full', 'r7']) {
      expect(await alert.innerText()).toContain(part);
    }
  });
});
