/**
 * Electron as the shell uses it, without its binary: real event emitters, state that can be looked at, nothing on a screen. Each part
 * is held against Electron's own declarations by `as<…>()`: a member that Electron does not have that way, or that the shell uses
 * and the fake lacks, does not compile.
 */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { AppPort, ContentsPort, ElectronPort, TrayPort, WindowPort } from '../../electron/ports.ts';

/** `on` and `once` are overloads with a name for each event; whether those names exist is a test of its own. */
function as<Port>(fake: Omit<Port, 'on' | 'once'> & EventEmitter): Port {
  return fake as unknown as Port;
}

/** What Electron hands to listeners that may say no. */
export class FakeEvent {
  defaultPrevented = false;
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

export class FakeContents extends EventEmitter {
  readonly sent: (readonly [string, ...unknown[]])[] = [];
  url = '';
  /** As the shell set it. */
  openHandler: ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | undefined;

  send(channel: string, ...words: unknown[]): void {
    this.sent.push([channel, ...words]);
  }
  reload(): void {
    this.emit('reloaded');
  }
  setWindowOpenHandler(handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse): void {
    this.openHandler = handler;
  }
  isDestroyed(): boolean {
    return false;
  }
  getURL(): string {
    return this.url;
  }
  /** The page wants to go somewhere; true where it may. */
  wantsToGo(event: 'will-navigate' | 'will-frame-navigate' | 'will-redirect', url: string): boolean {
    const details = Object.assign(new FakeEvent(), { url });
    this.emit(event, details);
    return !details.defaultPrevented;
  }
}

export class FakeWindow extends EventEmitter {
  readonly contents = new FakeContents();
  readonly webContents = as<ContentsPort>(this.contents);
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly loaded: string[] = [];
  #isVisible = false;
  #isFocused = false;
  #isDestroyed = false;
  isMinimizedNow = false;

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
  }

  loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    this.contents.url = url;
    this.emit('load-asked', url);
    return Promise.resolve();
  }
  show(): void {
    this.#isVisible = true;
    this.emit('show');
  }
  hide(): void {
    this.#isVisible = false;
    this.#isFocused = false;
    this.emit('hide');
  }
  focus(): void {
    this.#isFocused = true;
  }
  blur(): void {
    this.#isFocused = false;
  }
  isVisible(): boolean {
    return this.#isVisible;
  }
  isFocused(): boolean {
    return this.#isFocused;
  }
  isMinimized(): boolean {
    return this.isMinimizedNow;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  restore(): void {
    this.isMinimizedNow = false;
  }
  /** As a person or the program closes it; true where it is gone afterwards. */
  close(): boolean {
    const event = new FakeEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.#isDestroyed = true;
    return this.#isDestroyed;
  }
}

export class FakeApp extends EventEmitter {
  isPackaged = false;
  hasLock = true;
  readonly paths: Record<string, string>;
  readonly appPath: string;
  readonly loginItem: { openAtLogin: boolean; args: readonly string[] } = { openAtLogin: false, args: [] };
  wasOpenedAtLogin = false;
  readonly done: string[] = [];
  /** Set once the program has ended. */
  exitCode: number | undefined;
  readonly #windows: readonly FakeWindow[];
  #ready: () => void = () => {};
  readonly #isReady = new Promise<void>((resolve) => {
    this.#ready = resolve;
  });

  constructor(windows: readonly FakeWindow[], appPath: string, paths: Record<string, string>) {
    super();
    this.#windows = windows;
    this.appPath = appPath;
    this.paths = paths;
  }

  /** Electron has started; true to its timing, what waits for it runs later. */
  becomeReady(): void {
    this.#ready();
  }
  whenReady(): Promise<void> {
    return this.#isReady;
  }
  requestSingleInstanceLock(): boolean {
    return this.hasLock;
  }
  /** In Electron's order: before-quit may say no, then each window may, then the program ends. */
  quit(): void {
    if (this.exitCode !== undefined) return;
    const event = new FakeEvent();
    this.emit('before-quit', event);
    if (event.defaultPrevented || !this.#windows.every((window) => window.isDestroyed() || window.close())) return;
    this.exit(0);
  }
  exit(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    this.emit('quit');
  }
  getPath(name: string): string {
    return this.paths[name] ?? this.paths['userData']!;
  }
  getAppPath(): string {
    return this.appPath;
  }
  enableSandbox(): void {
    this.done.push('enableSandbox');
  }
  setAppUserModelId(id: string): void {
    this.done.push(`setAppUserModelId ${id}`);
  }
  setAsDefaultProtocolClient(scheme: string): boolean {
    this.done.push(`setAsDefaultProtocolClient ${scheme}`);
    return true;
  }
  setLoginItemSettings({ openAtLogin = false, args = [] }: Electron.Settings): void {
    Object.assign(this.loginItem, { openAtLogin, args });
  }
  getLoginItemSettings(): Electron.LoginItemSettings {
    const { openAtLogin } = this.loginItem;
    return { openAtLogin, wasOpenedAtLogin: this.wasOpenedAtLogin } as Electron.LoginItemSettings;
  }
}

export class FakeTray extends EventEmitter {
  image = '';
  toolTip = '';
  menu: FakeMenu | undefined;

  constructor(image: Electron.NativeImage) {
    super();
    this.setImage(image);
  }
  setImage(image: Electron.NativeImage | string): void {
    this.image = (image as unknown as { readonly path: string }).path;
  }
  setToolTip(text: string): void {
    this.toolTip = text;
  }
  setContextMenu(menu: Electron.Menu | null): void {
    this.menu = menu as unknown as FakeMenu;
  }
  get labels(): readonly string[] {
    return this.menu?.template.flatMap(({ label }) => label ?? []) ?? [];
  }
  /** Chooses an entry as a person does. */
  choose(label: string): void {
    const entry = this.menu?.template.find((each) => each.label === label);
    if (entry?.click === undefined) throw new Error(`The tray has no '${label}': ${this.labels.join(', ')}`);
    (entry.click as () => void)();
  }
}

export interface FakeMenu {
  readonly template: readonly Electron.MenuItemConstructorOptions[];
}

export class FakeNotification extends EventEmitter {
  readonly title: string;
  readonly body: string;
  constructor({ title = '', body = '' }: Electron.NotificationConstructorOptions) {
    super();
    this.title = title;
    this.body = body;
  }
  show(): void {
    this.emit('show');
  }
}

type Answer = (event: { readonly senderFrame: unknown }, ...words: unknown[]) => unknown;

/** A frame as the sender check sees it. */
export const guiFrame = { parent: null, url: 'app://gui/settings' };

export class FakeElectron {
  readonly windows: FakeWindow[] = [];
  readonly trays: FakeTray[] = [];
  readonly notifications: FakeNotification[] = [];
  readonly openedOutside: string[] = [];
  readonly copied: string[] = [];
  readonly schemes: Electron.CustomScheme[] = [];
  readonly protocols = new Map<string, (request: Request) => Response | Promise<Response>>();
  readonly answers = new Map<string, Answer>();
  readonly blockers = new Set<number>();
  readonly power = new EventEmitter();
  applicationMenu: FakeMenu | undefined;
  permissionCheck: Parameters<Electron.Session['setPermissionCheckHandler']>[0] = null;
  permissionRequest: Parameters<Electron.Session['setPermissionRequestHandler']>[0] = null;
  readonly app: FakeApp;
  readonly port: ElectronPort;
  #blockers = 0;

  constructor(appPath: string, paths: Record<string, string>) {
    this.app = new FakeApp(this.windows, appPath, paths);
    const { windows, trays, notifications, app } = this;
    const newWindow = (options: Electron.BrowserWindowConstructorOptions): WindowPort => {
      const window = new FakeWindow(options);
      windows.push(window);
      app.emit('web-contents-created', new FakeEvent(), window.webContents);
      return as<WindowPort>(window);
    };
    const newTray = (image: Electron.NativeImage): TrayPort =>
      as<TrayPort>(trays[trays.push(new FakeTray(image)) - 1]!);
    const newNotification = (options: Electron.NotificationConstructorOptions) =>
      as<Pick<Electron.Notification, 'on' | 'show'>>(
        notifications[notifications.push(new FakeNotification(options)) - 1]!,
      );
    this.port = {
      app: as<AppPort>(app),
      BrowserWindow: constructorOf(newWindow),
      Tray: constructorOf(newTray),
      Notification: constructorOf(newNotification),
      Menu: {
        buildFromTemplate: (template) => ({ template }) as unknown as Electron.Menu,
        setApplicationMenu: (menu) => (this.applicationMenu = menu as unknown as FakeMenu),
      },
      nativeImage: { createFromPath: (path) => ({ path }) as unknown as Electron.NativeImage },
      nativeTheme: { shouldUseDarkColors: false },
      clipboard: {
        writeText: (text) => {
          this.copied.push(text);
          return Promise.resolve();
        },
      },
      shell: {
        openExternal: (url) => {
          this.openedOutside.push(url);
          return Promise.resolve();
        },
      },
      protocol: {
        handle: (scheme, handler) => void this.protocols.set(scheme, handler),
        registerSchemesAsPrivileged: (schemes) => void this.schemes.push(...schemes),
      },
      ipcMain: { handle: (channel, listener) => void this.answers.set(channel, listener as unknown as Answer) },
      powerMonitor: as<ElectronPort['powerMonitor']>(this.power),
      powerSaveBlocker: {
        start: () => {
          this.blockers.add(++this.#blockers);
          return this.#blockers;
        },
        stop: (id) => this.blockers.delete(id),
      },
      session: {
        defaultSession: {
          setPermissionCheckHandler: (handler) => (this.permissionCheck = handler),
          setPermissionRequestHandler: (handler) => (this.permissionRequest = handler),
        },
      },
    } satisfies ElectronPort;
  }

  get window(): FakeWindow {
    return this.windows[0]!;
  }

  get tray(): FakeTray {
    return this.trays[0]!;
  }

  /** A request of the page, over the channel between its process and the main one. */
  ask(channel: string, words: readonly unknown[] = [], senderFrame: unknown = guiFrame): unknown {
    const answer = this.answers.get(channel);
    if (answer === undefined) throw new Error(`Nobody answers ${channel}.`);
    return answer({ senderFrame }, ...words);
  }
}

/** A function that can be called with `new` and gives what it returns. */
function constructorOf<Options, Port>(make: (options: Options) => Port): new (options: Options) => Port {
  return function construct(options: Options) {
    return make(options);
  } as unknown as new (options: Options) => Port;
}
