/** Every place of the GUI: nothing blocked, nothing inaccessible, nothing cut off, every text in the catalogue. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { Gui } from '../support/gui.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const paths = [
  '/',
  '/models',
  '/models/import',
  '/models/iris',
  '/models/iris/versions',
  '/models/iris/scaling',
  '/models/iris/use',
  '/models/iris/activity',
  '/models/nobody',
  '/try/digits',
  '/try/iris',
  '/try/breast-cancer',
  '/connect',
  '/connect/network',
  '/connect/keys',
  '/connect/check',
  '/monitor',
  '/monitor/copies',
  '/monitor/load',
  '/monitor/events',
  '/monitor/log',
  '/sources',
  '/settings',
  '/settings/all',
  '/settings/doctor',
  '/welcome/1',
  '/welcome/2',
  '/welcome/3-digits',
];

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Every rule of axe but none about taste; what it finds, as lines. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )) as { readonly violations: readonly AxeViolation[] };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** Twenty places, each loaded and judged, on a machine that may have other work. */
const patienceMs = 300_000;

describe.skipIf(browserPath === undefined)('every place', { timeout: patienceMs, concurrent: true }, () => {
  let host: TestHost;
  let browser: Browser;

  beforeAll(async () => {
    host = await TestHost.start();
    browser = await launchBrowser();
    await host.post('/predict/iris', { features: [5, 3, 1, 0.2] });
  });

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  it.each(['light', 'dark'] as const)(
    'passes axe in the %s theme without a complaint of the browser',
    async (theme) => {
      await using gui = await Gui.open(browser, host, { theme });
      const found: string[] = [];
      for (const path of paths) {
        await gui.goTo(path);
        found.push(...(await axe(gui.page)).map((line) => `${path} ${line}`));
      }
      expect(found).toEqual([]);
      expect(gui.complaints).toEqual([]);
    },
  );

  it('passes axe in high contrast', async () => {
    await using gui = await Gui.open(browser, host, { stored: { 'millrace.theme': 'contrast' } });
    for (const path of paths) {
      await gui.goTo(path);
      expect(await axe(gui.page), path).toEqual([]);
    }
  });

  it.each([
    [1024, 700],
    [360, 700],
  ])('fits a window of %i × %i without scrolling sideways', async (width, height) => {
    await using gui = await Gui.open(browser, host, { width, height });
    const wide: string[] = [];
    for (const path of paths) {
      await gui.goTo(path);
      const pixels = await gui.overflow();
      if (pixels > 0) wide.push(`${path} by ${pixels}`);
      // The page itself scrolls in `main`; only frames of tables and code may be wider than they show.
      const spilled = await gui.page.evaluate(
        `(() => { const main = document.querySelector('main'); return main.scrollWidth - main.clientWidth; })()`,
      );
      if (Number(spilled) > 0) wide.push(`${path}: main by ${spilled}`);
    }
    expect(wide).toEqual([]);
  });

  it('has all its texts in the catalogue', async () => {
    await using gui = await Gui.open(browser, host, { stored: { 'millrace.locale': 'pseudo' } });
    const bare: string[] = [];
    for (const path of paths) {
      await gui.goTo(path);
      const texts = (await gui.page.evaluate(untranslated)) as string[];
      bare.push(...texts.map((text) => `${path}: ${text}`));
    }
    expect(bare).toEqual([]);
  });

  it('is found by its name in the palette', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('monit');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Monitor', level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Connect', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });
});

/** Visible texts and names without the brackets of the pseudo-language, outside of what nobody translates. */
const untranslated = `(() => {
  const found = [];
  const isData = (element) => element.closest('[translate="no"], code, pre, kbd, script, style') !== null;
  const isWord = (text) => /\\p{L}{2}/u.test(text) && !text.includes('⟦');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const parent = walker.currentNode.parentElement;
    if (isWord(text) && !isData(parent)) found.push(text);
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
    if (isData(element) || element.localName === 'time') continue;
    for (const name of ['aria-label', 'title', 'placeholder']) {
      const text = element.getAttribute(name);
      if (text !== null && isWord(text)) found.push(name + ': ' + text);
    }
  }
  return found;
})()`;
