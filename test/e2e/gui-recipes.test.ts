/** Try it by recipes: files go as they are, drawings too, tables have units and words, boxes lie over pictures, answers become test cases. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { demoModel } from '../support/demo-models.ts';
import { drawnDigits, drawOnPad } from '../support/drawing.ts';
import { Gui } from '../support/gui.ts';
import { image } from '../support/images.ts';
import { identityModel } from '../support/models.ts';
import { columns, recipeModels } from '../support/recipe-models.ts';
import { StoreBench } from '../support/store-bench.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
  );
  return found as string[];
}

/** Drops a file as the desktop does. */
async function drop(
  page: Page,
  target: ReturnType<Page['locator']>,
  bytes: Buffer,
  name: string,
  type: string,
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    `(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toString('base64'))}), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
      return data;
    })()`,
  );
  await target.dispatchEvent('drop', { dataTransfer });
}

describe.skipIf(browserPath === undefined)('Try it by recipes', { timeout: 120_000 }, () => {
  let host: TestHost;
  let browser: Browser;

  beforeAll(async () => {
    host = await TestHost.start({ models: [demoModel('digits'), ...recipeModels] });
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await host?.[Symbol.asyncDispose]();
  });

  /** Files that the page sends to `/predict`, with their types: the browser does not tell a test of the bodies that are blobs. */
  const watchFiles = (page: Page): Promise<unknown> =>
    page.addInitScript(`
      window.sentFiles = [];
      const { fetch } = window;
      window.fetch = (url, options) => {
        if (String(url).endsWith('/predict') && options?.body instanceof Blob) {
          const reader = new FileReader();
          reader.onload = () => window.sentFiles.push(reader.result);
          reader.readAsDataURL(options.body);
        }
        return fetch(url, options);
      };
    `);
  const sentFiles = async (page: Page): Promise<{ type: string; bytes: Buffer }[]> => {
    const addresses = (await page.evaluate('window.sentFiles')) as string[];
    return addresses.map((address) => {
      const [head, data] = address.split(',') as [string, string];
      return { type: head.slice(5, head.indexOf(';')), bytes: Buffer.from(data, 'base64') };
    });
  };

  it('sends a dropped picture as it is, and gives the code that does the same', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await watchFiles(page);
    await gui.goTo('/try/boxes');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Choose a picture first.').waitFor();
    const zone = page.getByRole('group', { name: 'Drop a picture, paste one, or choose a file' });
    await drop(page, zone, image('photo.jpg'), 'part.jpg', 'image/jpeg');
    await page.getByText('What the model sees of 61 × 43').waitFor();
    await page.getByText('with borders, bilinear').waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('2 things found').waitFor();
    expect(await sentFiles(page)).toEqual([{ type: 'image/jpeg', bytes: image('photo.jpg') }]);
    await page.getByRole('img', { name: 'The picture with 2 boxes' }).waitFor();
    expect(await page.getByRole('row').nth(1).innerText()).toMatch(/nut\s+90/);
    expect(await axe(page)).toEqual([]);
    expect(await gui.overflow()).toBe(0);
    await page.getByRole('radio', { name: 'As code' }).check();
    await page.getByRole('radio', { name: 'curl' }).check();
    await page
      .getByText(`curl -s ${host.url}/predict/boxes -H 'Content-Type: image/jpeg' --data-binary @part.jpg`)
      .waitFor();
    expect(gui.complaints).toEqual([]);
  });

  it('takes a picture from the clipboard, and says where a file is none', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/echo');
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(image('rgb.png').toString('base64'))}), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], 'paste.png', { type: 'image/png' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    })()`);
    await page.getByText('What the model sees of 61 × 43').waitFor();
    await page.getByText('shorter side 37').waitFor();
    await page.getByText('less 0.485 0.456 0.406').waitFor();
    const zone = page.getByRole('group', { name: 'Drop a picture, paste one, or choose a file' });
    await drop(page, zone, Buffer.from('%PDF-1.7'), 'x.pdf', 'application/pdf');
    await page.getByText('This file is not a picture that the browser can read.').waitFor();
  });

  it('takes one with the camera, and switches it off', async () => {
    const withCamera = await chromium.launch({
      executablePath: browserPath!,
      args: ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
    try {
      await using gui = await Gui.open(withCamera, host);
      const { page } = gui;
      await watchFiles(page);
      await gui.goTo('/try/boxes');
      await page.getByRole('button', { name: 'Camera' }).click();
      const dialog = page.getByRole('dialog', { name: 'Take a picture' });
      await dialog.getByRole('button', { name: 'Take it' }).click();
      await page.getByText(/^What the model sees of \d+ × \d+$/).waitFor();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('2 things found').waitFor();
      const [sent] = await sentFiles(page);
      expect(sent!.bytes.subarray(0, 3).toString('hex')).toBe('ffd8ff');
      expect(gui.complaints).toEqual([]);
    } finally {
      await withCamera.close();
    }
  });

  it('draws through the recipe: the drawing is a picture like any other', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await watchFiles(page);
    await gui.goTo('/try/digits');
    await page.getByText('Recipe: 8 × 8, gray; with borders, box; black 16, white 0; row after row').waitFor();
    await drawOnPad(page, drawnDigits['3']!);
    const bars = page.getByRole('list', { name: 'Scores by class' }).getByRole('listitem');
    await bars.first().waitFor();
    await expect.poll(() => bars.first().innerText(), { timeout: 20_000 }).toMatch(/^3\b/);
    const last = (await sentFiles(page)).at(-1)!;
    expect(last.type).toBe('image/png');
    const direct = await host.send('/predict/digits', { body: last.bytes });
    expect(direct.json()).toMatchObject({ prediction: '3' });
    // A picture of ink on paper that is dropped goes as it is.
    await drop(page, page.getByRole('img', { name: /^Drawing pad/ }), image('bits.png'), 'bits.png', 'image/png');
    await expect
      .poll(async () => (await sentFiles(page)).at(-1)!.bytes.equals(image('bits.png')), { timeout: 20_000 })
      .toBe(true);
    expect(gui.complaints).toEqual([]);
  });

  it('has units, ranges and words in its form, and in pasted tables', async () => {
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/try/table');
    const temperature = page.getByRole('textbox', { name: 'temperature, °C' });
    await temperature.fill('900');
    await page.getByText('900 is outside of -40 to 200 °C.').waitFor();
    await temperature.fill('20,5');
    await page.getByRole('combobox', { name: 'material' }).selectOption('copper');
    await page.getByRole('combobox', { name: 'shift' }).selectOption('night');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const values = page.locator('[aria-live="polite"] li');
    await values.nth(2).waitFor();
    expect((await values.allInnerTexts()).map((text) => text.split(/\s+/).at(-1))).toEqual(['20.5', '2', '2']);
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Paste a table' }).click();
    const area = page.getByRole('textbox', { name: 'Paste a table' });
    await area.fill('20,steel,day\n21,stel,night');
    await page.getByText('Line 2, material: "stel" is not a value that it takes.').waitFor();
    await area.fill('shift;temperature;material\nday;20,5;steel\nnight;21;');
    await page.getByRole('button', { name: 'Use 2 rows' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const rows = page.getByRole('region', { name: 'Answers by row' }).getByRole('row');
    await rows.nth(2).waitFor();
    expect(await rows.nth(1).innerText()).toContain('20.5, 0, 1');
    expect(await rows.nth(2).innerText()).toContain('21, 0, 2');
    expect(gui.complaints).toEqual([]);
  });

  it('saves an answer as a test case, shows it beside the versions, and removes it', async () => {
    await using bench = await StoreBench.open();
    const settings = { inputs: { x: { table: { columns } } } };
    await bench.put('m', '1', identityModel('FLOAT', ['batch', 3]), undefined, settings);
    const { adminUrl } = await bench.start();
    await using gui = await Gui.open(browser, { adminUrl, dataDirectory: bench.data });
    const { page } = gui;
    await gui.goTo('/try/m');
    await page.getByRole('textbox', { name: 'temperature, °C' }).fill('20');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Save as test case' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('a warm day');
    await page.getByRole('textbox', { name: 'Tolerance' }).fill('0,01');
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved as a test case.').waitFor();
    await page.getByRole('link', { name: 'Test cases' }).click();
    await page.getByRole('heading', { name: '1 test case' }).waitFor();
    await page.getByText('a warm day').waitFor();
    await page.getByText('[20,0,1] → [20,0,1]').waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Remove the test case a warm day' }).click();
    await page.getByRole('heading', { name: '0 test cases' }).waitFor();
    expect(gui.complaints).toEqual([]);
  });
});
