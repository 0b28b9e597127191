/** The network in a real browser: let in with a key and a certificate, a refused client helped, a device paired, a self-check. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser, noBrowser } from '../support/browser.ts';
import { demoModel } from '../support/demo-models.ts';
import { Gui } from '../support/gui.ts';
import { callFrom } from '../support/network-client.ts';
import { TestHost } from '../support/test-host.ts';

if (browserPath === undefined) console.warn(`Skipped: ${noBrowser}.`);

const body = JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] });
const keyPattern = /^mr_[0-9a-f]{8}_[\w-]{43}$/;

// Other loopback addresses are there without being asked for on Linux only.
const isPossible = browserPath !== undefined && process.platform === 'linux';

describe.skipIf(!isPossible)('the network', { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it('is let in with a key and a certificate, helps who was refused, pairs a device, and is closed again', async () => {
    await using host = await TestHost.start({ models: [demoModel('iris')] });
    await using gui = await Gui.open(browser, host);
    const { page } = gui;

    // On: one address, the own authority.
    await gui.goTo('/connect/network');
    await page.getByText('The network cannot reach this computer').waitFor();
    await page.getByRole('radio', { name: 'Only these' }).check({ force: true });
    await page.getByRole('textbox', { name: 'Another address of this computer' }).fill('127.0.0.2');
    await page.getByRole('button', { name: 'Let the network in' }).click();
    const key = (await page.getByRole('region', { name: 'The key' }).textContent({ timeout: 30_000 }))!.trim();
    expect(key).toMatch(keyPattern);
    const listeners = page.getByRole('list', { name: 'Clients call' });
    const url = (await listeners.locator('code').first().textContent())!;
    expect(url).toMatch(/^https:\/\/127\.0\.0\.2:\d+$/);
    await page.getByRole('button', { name: 'I have it' }).click();
    expect(await page.getByText(key).count()).toBe(0);

    // A device with the authority's certificate and the key.
    const ca = await readFile(join(host.dataDirectory, 'tls', 'authority.pem'), 'utf8');
    const answer = await callFrom(`${url}/predict/iris`, { ca, body, headers: { Authorization: `Bearer ${key}` } });
    expect(answer.json()).toMatchObject({ prediction: 'setosa' });
    await page.getByText('SHA-256').first().waitFor();

    // Another one without: it appears, and one click gives it a key of its own.
    expect((await callFrom(`${url}/predict/iris`, { ca, body, from: '127.0.0.7' })).status).toBe(401);
    await page.getByText('127.0.0.7 called without a key.').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Make a key for it' }).click();
    const own = (await page.getByRole('region', { name: 'The key' }).textContent())!.trim();
    expect(own).not.toBe(key);
    const headers = { 'x-api-key': own };
    expect((await callFrom(`${url}/predict/iris`, { ca, body, headers, from: '127.0.0.7' })).status).toBe(200);
    expect((await callFrom(`${url}/predict/iris`, { ca, body, headers, from: '127.0.0.8' })).status).toBe(403);
    await page.getByText('127.0.0.7 called without a key.').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByRole('button', { name: 'I have it' }).click();

    // A device that scans: a browser that does not know the certificate yet.
    await page.getByRole('button', { name: 'Pair a device' }).click();
    const link = (await page.locator('code', { hasText: '/pair#c=' }).first().textContent())!;
    const device = await browser.newContext({ ignoreHTTPSErrors: true });
    const devicePage = await device.newPage();
    const complaints: string[] = [];
    devicePage.on('console', (message) => complaints.push(message.text()));
    await devicePage.goto(link);
    expect(devicePage.url()).not.toContain('c=');
    await devicePage.getByRole('textbox', { name: 'What is this device called?' }).fill('Tablet 7');
    await devicePage.getByRole('button', { name: 'Ask for a key' }).click();
    const number = (await devicePage.locator('#number').textContent())!;
    expect(number).toMatch(/^\d{4}$/);
    await page.getByText('“Tablet 7” at 127.0.0.1 shows a number. Is it this one?').waitFor({ timeout: 30_000 });
    await page.getByText(number, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Yes, give it a key' }).click();
    const paired = (await devicePage.locator('#key').filter({ hasText: 'mr_' }).textContent({ timeout: 30_000 }))!;
    expect(paired).toMatch(keyPattern);
    expect((await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': paired } })).status).toBe(200);
    await page.getByText('“Tablet 7” has its key.').waitFor({ timeout: 30_000 });
    // The favicon of a page without one is the browser's own question, and it has no key.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    await device.close();

    // Its key is listed with where it was used, and revoked.
    await gui.goTo('/connect/keys');
    const row = page.getByRole('row', { name: /Tablet 7/ });
    await row.getByText('127.0.0.3').waitFor({ timeout: 30_000 });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.getByRole('button', { name: 'Revoke Tablet 7' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': paired } })).status).toBe(401);

    // Off: nobody listens.
    await gui.goTo('/connect/network');
    await page.getByRole('button', { name: 'Close the network' }).click();
    await page.getByText('The network cannot reach this computer').waitFor({ timeout: 30_000 });
    await expect(callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': key } })).rejects.toThrow(/ECONNREFUSED/);
    expect(gui.complaints).toEqual([]);
  });

  it('makes a key by its form, and attacks itself', async () => {
    await using host = await TestHost.start({ models: [demoModel('iris')] });
    await using gui = await Gui.open(browser, host);
    const { page } = gui;
    await gui.goTo('/connect/keys');
    await page.getByText('No key yet').waitFor();
    await page.getByRole('button', { name: 'Make a key' }).first().click();
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('Letters, digits, spaces').waitFor();
    await page.getByRole('textbox', { name: 'Which program or device is it for?' }).fill('Line 3');
    await page.getByRole('checkbox', { name: 'iris' }).check();
    await page.getByRole('textbox', { name: 'Requests per second' }).fill('2');
    await page.getByRole('button', { name: 'Make it' }).click();
    const key = (await page.getByRole('region', { name: 'The key' }).textContent())!.trim();
    const ask = () => host.send('/predict/iris', { body, headers: { 'x-api-key': key } });
    expect((await ask()).status).toBe(200);
    await ask();
    expect((await ask()).status).toBe(429);
    expect((await host.send('/predict/iris', { body })).status).toBe(401);
    // Code that is copied now reads a key.
    await gui.goTo('/connect');
    await page.getByText('MILLRACE_KEY').first().waitFor();

    await gui.goTo('/connect/check');
    await page.getByRole('button', { name: 'Attack ourselves' }).click();
    await page.getByText(/attacks were refused/).waitFor({ timeout: 60_000 });
    expect(await page.getByText('Not refused', { exact: true }).count()).toBe(0);
    expect(await page.getByRole('row').count()).toBeGreaterThan(40);
    expect(gui.complaints).toEqual([]);
  });
});
