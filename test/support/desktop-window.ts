/**
 * A real Chromium as the window of the fake Electron: what the shell loads into its window is shown in a page, the page's requests go
 * to the shell's protocol handler, and the built preload connects the two. Chromium knows no scheme of ours, so the page stands at
 * a loopback address that is translated both ways.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { root } from '../architecture/source-files.ts';
import type { FakeElectron } from '../fakes/electron.ts';

const preloadPath = join(root, 'dist', 'electron', 'preload.cjs');

/** What the sandbox gives to a preload, with Playwright's bindings as the channel between the processes. */
const electronInPage = `
  const listeners = new Map();
  globalThis.__hear = (channel, words) => (listeners.get(channel) ?? []).forEach((each) => each({}, ...words));
  const electron = {
    contextBridge: { exposeInMainWorld: (name, api) => { globalThis[name] = api; } },
    ipcRenderer: {
      invoke: (channel, ...words) => globalThis.__ask(channel, words),
      on: (channel, each) => listeners.set(channel, [...(listeners.get(channel) ?? []), each]),
      removeListener: (channel, each) => listeners.set(channel, (listeners.get(channel) ?? []).filter((one) => one !== each)),
    },
    webUtils: { getPathForFile: (file) => (globalThis.__paths ?? {})[file.name] ?? '' },
  };
`;

export class DesktopWindow implements AsyncDisposable {
  readonly page: Page;
  /** Lines of the console, faults of the page, what was blocked. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #server: Server;

  private constructor(context: BrowserContext, page: Page, server: Server) {
    this.#context = context;
    this.page = page;
    this.#server = server;
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  /** For a shell that has made its window; shows what it has loaded already and whatever it loads. */
  static async open(electron: FakeElectron, browser: Browser, isWelcomed = true): Promise<DesktopWindow> {
    const answer = electron.protocols.get('app');
    if (answer === undefined) throw new Error('The shell answers no app: scheme.');
    const server = createServer((request, response) => void pass(answer, request, response));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 820 } });
    const page = await context.newPage();
    const toGui = (url: string): string => url.replace(origin, 'app://gui');
    await page.exposeBinding('__ask', ({ frame }, channel: string, words: unknown[]) =>
      electron.ask(channel, words, { parent: frame.parentFrame(), url: toGui(frame.url()) }),
    );
    const welcomed = isWelcomed ? "localStorage.setItem('millrace.welcomed', '1');" : '';
    const preload = readFileSync(preloadPath, 'utf8');
    await page.addInitScript(
      `(() => { ${electronInPage} ${welcomed} const given = (name) => { if (name !== 'electron') throw new Error('A sandboxed preload has no ' + name); return electron; }; ((require) => { ${preload} })(given); })()`,
    );
    const window = new DesktopWindow(context, page, server);
    const { contents } = electron.window;
    const send = contents.send.bind(contents);
    contents.send = (channel, ...words) => {
      send(channel, ...words);
      // A page that is being left hears no news.
      page.evaluate(`globalThis.__hear?.(${JSON.stringify(channel)}, ${JSON.stringify(words)})`).catch(() => {});
    };
    const load = (url: string): Promise<unknown> => page.goto(url.replace('app://gui', origin));
    electron.window.on('load-asked', (url: string) => void load(url).catch(() => {}));
    const last = electron.window.loaded.at(-1);
    if (last !== undefined) await load(last);
    return window;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** One request of the page as Electron hands it to a handler, its answer streamed back. */
async function pass(
  answer: (request: Request) => Response | Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  outgoing.on('close', () => abort.abort());
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  const request = new Request(`app://gui${incoming.url}`, {
    method: incoming.method!,
    headers: incoming.headers as Record<string, string>,
    signal: abort.signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  });
  try {
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body === null) outgoing.end();
    else for await (const piece of response.body) outgoing.write(piece);
    outgoing.end();
  } catch {
    // The page has gone, or the host has: what is left of the answer is lost with it.
    outgoing.destroy();
  }
}
