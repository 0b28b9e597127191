/** The GUI in a real browser, signed in, with everything that a page may complain about. */
import { expect } from 'vitest';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { HostClient } from '../../server/cli/host-client.ts';
import type { LaunchLink } from '../../server/protocol/admin/session-view.ts';
import { buildGui } from '../../build/gui.mjs';

export interface GuiOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Whether this browser has seen the first steps. Default true. */
  readonly isWelcomed?: boolean;
  /** What else the browser keeps, by key. */
  readonly stored?: Readonly<Record<string, string>>;
}

/** Where a host is, and the folder that says how to get in. */
interface GuiHost {
  readonly adminUrl: string;
  readonly dataDirectory: string;
}

/** A link that opens the GUI of the host once. */
async function launchLink({ dataDirectory }: GuiHost): Promise<string> {
  const client = await HostClient.find(dataDirectory);
  return (await client.post<LaunchLink>('/launch-links', {})).opened;
}

/** Resolves in the page once it has a heading; fails after half a minute. */
const headingShown = `new Promise((resolve, reject) => {
  const until = performance.now() + 30_000;
  const look = () => {
    if (document.querySelector('h1') !== null) resolve();
    else if (performance.now() > until) reject(new Error('The page has no heading.'));
    else requestAnimationFrame(look);
  };
  look();
})`;

export class Gui implements AsyncDisposable {
  readonly page: Page;
  /** Lines of the console, faults of the page, resources that did not load or were blocked. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #adminUrl: string;

  private constructor(context: BrowserContext, page: Page, adminUrl: string) {
    this.#context = context;
    this.page = page;
    this.#adminUrl = adminUrl;
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('requestfailed', (request) => {
      // What a page that is left was still loading ends with it.
      const reason = request.failure()?.errorText;
      if (reason !== 'net::ERR_ABORTED') this.complaints.push(`${request.method()} ${request.url()}: ${reason}`);
    });
  }

  /** Opens the page by a fresh link; the first snapshot has been drawn when it resolves. */
  static async open(browser: Browser, host: GuiHost, options: GuiOptions = {}): Promise<Gui> {
    const { theme = 'light', width = 1280, height = 800, isWelcomed = true, stored = {} } = options;
    expect(buildGui(), 'the GUI can be built').toBe(true);
    const context = await browser.newContext({
      colorScheme: theme,
      viewport: { width, height },
      locale: 'en-US',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const items = { ...stored, ...(isWelcomed && { 'millrace.welcomed': '1' }) };
    await context.addInitScript(
      `if (!sessionStorage.getItem('begun')) { sessionStorage.setItem('begun', '1'); for (const [key, value] of Object.entries(${JSON.stringify(items)})) localStorage.setItem(key, value); }`,
    );
    const gui = new Gui(context, await context.newPage(), host.adminUrl);
    await gui.page.goto(await launchLink(host));
    await gui.page.locator('h1').waitFor();
    return gui;
  }

  /** Goes to a place as one who typed its address. */
  async goTo(path: string): Promise<void> {
    await this.page.goto(`${this.#adminUrl}${path}`);
    // At each frame: a locator looks again after half a second, which over all places is minutes.
    await this.page.evaluate(headingShown);
  }

  /** Pixels that the page is wider than its window. */
  async overflow(): Promise<number> {
    return Number(await this.page.evaluate('document.documentElement.scrollWidth - innerWidth'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
