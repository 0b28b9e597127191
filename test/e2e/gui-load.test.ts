/** A load test in the GUI from its form to its report, and scaling under load as the charts show it. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import type { LoadResult } from '../../server/protocol/admin/load-result.ts';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { until } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';
import { heavyRequest, heavyUrl, startHeavyHost } from '../support/scaling-run.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

/** Pixels of a color on the canvas of the card with this heading. */
async function pixels(page: Page, heading: string, rgb: readonly [number, number, number]): Promise<number> {
  const card = page.locator('section').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
  return card.locator('canvas').evaluate((canvas: unknown, [red, green, blue]) => {
    const { width, height, getContext } = canvas as {
      width: number;
      height: number;
      getContext(kind: '2d'): { getImageData(...area: number[]): { data: Uint8ClampedArray } };
    };
    const { data } = getContext.call(canvas, '2d').getImageData(0, 0, width, height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) found += 1;
    }
    return found;
  }, rgb);
}

const accent = [10, 115, 110] as const;
const attention = [138, 82, 0] as const;

describe.skipIf(browserPath === undefined)('load in the GUI', { timeout: 240_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  it('is made by a form, watched on a chart, and ends in a report to keep', async () => {
    await using host = await TestHost.start();
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/monitor/load');
    await page.getByText('No test yet').waitFor();
    await page.getByLabel('Model').selectOption('iris');
    await page.getByRole('textbox', { name: 'Seconds' }).fill('x');
    await page.getByText('A number from 1 to 3,600.').waitFor();
    expect(await page.getByRole('button', { name: 'Start the test' }).isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Seconds' }).fill('6');
    await page.getByRole('button', { name: 'Start the test' }).click();
    await page.getByRole('heading', { name: 'Load test of iris' }).waitFor();
    await until('the chart has a line while the test runs', 30_000, async () => {
      const isRunning = (await page.getByRole('button', { name: 'Cancel' }).count()) > 0;
      return isRunning && (await pixels(page, 'Requests per second', accent)) > 20;
    });
    await page.getByRole('button', { name: 'Save the report' }).waitFor({ timeout: 60_000 });
    expect(await pixels(page, 'Requests per second', accent)).toBeGreaterThan(50);
    const save = async (name: string): Promise<string> => {
      const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return readFile(await saved.path(), 'utf8');
    };
    const { measurement, plan } = JSON.parse(await save('Save the numbers')) as LoadResult;
    expect(plan).toMatchObject({ model: 'iris', drive: { kind: 'closed' } });
    expect(measurement!.counts.failed).toBe(0);
    expect(await save('Save the report')).toMatch(/^<!doctype html>[^]*<svg/i);
    const shown = await page.locator('dl').filter({ hasText: 'Slowest' }).innerText();
    expect(shown.replaceAll(/[,\s]/g, '')).toContain(`Answers${measurement!.counts.answered}`);
    // The browser says that this test reads the canvas often.
    expect(gui.complaints.filter((line) => !line.startsWith('Canvas2D'))).toEqual([]);
  });

  it('can be canceled, and finds the limit of a model in trials', async () => {
    await using host = await TestHost.start();
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/monitor/load');
    await page.getByRole('textbox', { name: 'Seconds' }).fill('600');
    await page.getByRole('button', { name: 'Start the test' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Canceled').first().waitFor({ timeout: 60_000 });
    await page.getByRole('radio', { name: 'Find the limit' }).check();
    await page.getByRole('textbox', { name: 'are there within, ms' }).fill('0.1');
    await page.getByRole('textbox', { name: 'Seconds' }).fill('1');
    await page.getByRole('button', { name: 'Start the test' }).click();
    await page.getByRole('heading', { name: 'Trials' }).waitFor({ timeout: 120_000 });
    expect(await page.getByRole('region', { name: 'Trials' }).innerText()).toMatch(/Missed/);
    await page.getByRole('heading', { name: 'Tests since the start' }).waitFor();
  });

  it('makes the autoscaler start a copy, which the charts mark and explain in the words of the product', async () => {
    await using host = await startHeavyHost({
      ceilings: { reservedCores: 0 },
      gain: { enabled: false },
      restartHoldMs: 0,
    });
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    let isOver = false;
    const load = runLoad({
      url: heavyUrl(host),
      body: () => heavyRequest,
      headers: { 'Content-Type': 'application/json' },
      connections: 6,
      stopped: () => isOver,
    });
    try {
      await gui.goTo('/monitor');
      const decisions = page.getByRole('list', { name: 'Events, newest first' });
      await decisions
        .getByText(/1 → 2 copies/)
        .first()
        .waitFor({ timeout: 60_000 });
      const said = await decisions.innerText();
      expect(said).toMatch(/heavy: .*(requests per place in a copy|waiting time)/);
      expect(said).not.toMatch(/slot|replica|queueWait/i);
      await until('the copies chart has a marker', 30_000, async () => (await pixels(page, 'Copies', attention)) > 10);
      await page.getByText(/Ready\s*now 2/).waitFor({ timeout: 60_000 });
    } finally {
      isOver = true;
      await load;
    }
    expect(gui.complaints.filter((line) => !line.startsWith('Canvas2D'))).toEqual([]);
  });
});
