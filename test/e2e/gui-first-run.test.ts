/** A new user: the first steps end with an answer to a digit that was just drawn. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { drawOnPad, drawnDigits } from '../support/drawing.ts';
import { Gui } from '../support/gui.ts';
import { until } from '../support/host-process.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

describe.skipIf(browserPath === undefined)('the first steps', () => {
  let host: TestHost;
  let browser: Browser;

  beforeAll(async () => {
    host = await TestHost.start();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  it('lead from the address to the answer for a drawn digit, and are not shown again', async () => {
    await using gui = await Gui.open(browser, host, { isWelcomed: false });
    const { page } = gui;
    expect(page.url()).toBe(`${host.adminUrl}/welcome`);
    await page.getByText('Everything stays on this computer').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: /Draw a digit/ }).click();
    await drawOnPad(page, drawnDigits['3']!);
    const answer = page.locator('[aria-live="polite"] p').first();
    await until('the answer is 3', 20_000, async () => /^3\s+\d+\.\d% sure/.test(await answer.innerText()));
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('can be skipped', async () => {
    await using gui = await Gui.open(browser, host, { isWelcomed: false });
    await gui.page.getByRole('button', { name: 'Skip', exact: true }).click();
    await gui.page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  });

  it('keep the one-time code out of the address and out of the history', async () => {
    await using gui = await Gui.open(browser, host);
    expect(gui.page.url()).toBe(`${host.adminUrl}/`);
    await gui.page.reload();
    await gui.page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  });

  it.each(Object.keys(drawnDigits))('read a drawn %s as what it is', async (digit) => {
    await using gui = await Gui.open(browser, host);
    await gui.goTo('/try/digits');
    await drawOnPad(gui.page, drawnDigits[digit]!);
    const best = gui.page.getByRole('list', { name: 'Scores by class' }).getByRole('listitem').first();
    // An answer follows each stroke; the last one counts.
    await until(`the answer is ${digit}`, 20_000, async () => (await best.innerText()).split('\n')[0] === digit);
  });
});
