/**
 * The one window. It is made at the start and hidden, never destroyed, until the program ends: Windows says only to windows that the
 * person logs off. Its page is loaded when it is first shown, so a start in the tray costs no page.
 */
import type { News } from './channels.ts';
import { failedPage } from './gui-protocol.ts';
import type { ContentsPort, ElectronPort, WindowPort } from './ports.ts';
import { allowsPermission, decideReload, guiOrigin, isGuiUrl, opensInBrowser } from './window-policy.ts';

export interface WindowParts {
  readonly electron: ElectronPort;
  readonly preload: string;
  /** Undefined while the program ends: the window goes then. */
  onClose(): 'hide' | 'quit' | undefined;
  /** It was closed and the program goes on without it. */
  onHidden(): void;
  onSessionEnding(): void;
}

/** Surfaces of the GUI's themes, so that the window does not flash before its page is drawn. */
const background = { light: '#f5f8f7', dark: '#0e1514' };

const frame = { title: 'Millrace', width: 1280, height: 820, minWidth: 360, minHeight: 400, show: false };

/** Written out although most are Electron's defaults: these are what keeps a page a page. */
export const pagePreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInSubFrames: false,
  nodeIntegrationInWorker: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
} as const;

export class MainWindow {
  readonly #window: WindowPort;
  #isLoaded = false;
  #lastDeathMs: number | undefined;

  constructor(parts: WindowParts) {
    const { electron, preload } = parts;
    const window = new electron.BrowserWindow({
      ...frame,
      autoHideMenuBar: true,
      // Whether it was maximized is not restored: that would show a window that starts in the tray.
      name: 'main',
      windowStatePersistence: { displayMode: false },
      backgroundColor: electron.nativeTheme.shouldUseDarkColors ? background.dark : background.light,
      webPreferences: { ...pagePreferences, preload },
    });
    this.#window = window;
    window.on('close', (event) => {
      const deed = parts.onClose();
      if (deed === undefined) return;
      event.preventDefault();
      this.hide();
      if (deed === 'quit') electron.app.quit();
      else parts.onHidden();
    });
    window.on('session-end', () => parts.onSessionEnding());
    window.webContents.on('render-process-gone', () => {
      const nowMs = performance.now();
      const deed = decideReload(this.#lastDeathMs, nowMs);
      this.#lastDeathMs = nowMs;
      this.#isLoaded = deed === 'reload';
      void window.loadURL(guiOrigin + (deed === 'reload' ? '/' : failedPage));
    });
  }

  get isLooking(): boolean {
    return this.#window.isVisible() && !this.#window.isMinimized() && this.#window.isFocused();
  }

  /** Brings it to the front, at the place where one is given. */
  show(place?: string): void {
    if (!this.#isLoaded) void this.#window.loadURL(guiOrigin + (place ?? '/'));
    else if (place !== undefined) this.tell('shell:navigate', place);
    this.#isLoaded = true;
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  hide(): void {
    this.#window.hide();
  }

  tell<Name extends keyof News>(name: Name, ...words: News[Name]): void {
    if (this.#isLoaded && !this.#window.isDestroyed()) this.#window.webContents.send(name, ...words);
  }
}

/** What no page may do, whichever it is and however it came to be. Before the first window is made. */
export function lockPages(electron: ElectronPort, inferenceUrl: () => string | undefined): void {
  electron.app.on('web-contents-created', (_, contents: ContentsPort) => {
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => isGuiUrl(event.url) || event.preventDefault());
    contents.on('will-frame-navigate', (event) => isGuiUrl(event.url) || event.preventDefault());
    contents.on('will-redirect', (event) => isGuiUrl(event.url) || event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (opensInBrowser(url, inferenceUrl())) void electron.shell.openExternal(url);
      return { action: 'deny' };
    });
  });
  const { defaultSession } = electron.session;
  defaultSession.setPermissionCheckHandler((_, permission, origin) => allowsPermission(permission, origin));
  defaultSession.setPermissionRequestHandler((contents, permission, done) =>
    done(allowsPermission(permission, contents.getURL())),
  );
}
