/**
 * What the shell uses of Electron, member by member, cut out of Electron's own declarations. The code gets these as arguments
 * and imports no Electron, so that test/fakes/electron.ts can stand in: whatever the fake lacks does not compile.
 */
import type Electron from 'electron';

export type ContentsPort = Pick<
  Electron.WebContents,
  'on' | 'send' | 'reload' | 'setWindowOpenHandler' | 'isDestroyed' | 'getURL'
>;
export type WindowPort = Pick<Electron.BrowserWindow, 'on' | 'loadURL' | 'show' | 'hide' | 'focus'> &
  Pick<Electron.BrowserWindow, 'isVisible' | 'isFocused' | 'isMinimized' | 'isDestroyed' | 'restore'> & {
    readonly webContents: ContentsPort;
  };
export type TrayPort = Pick<Electron.Tray, 'setImage' | 'setToolTip' | 'setContextMenu' | 'on'>;
type NotificationPort = Pick<Electron.Notification, 'on' | 'show'>;
type SessionPort = Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>;
export type AppPort = Pick<
  Electron.App,
  'on' | 'quit' | 'exit' | 'isPackaged' | 'whenReady' | 'getPath' | 'getAppPath'
> &
  Pick<Electron.App, 'enableSandbox' | 'setAppUserModelId' | 'requestSingleInstanceLock'> &
  Pick<Electron.App, 'setAsDefaultProtocolClient' | 'setLoginItemSettings' | 'getLoginItemSettings'>;

export interface ElectronPort {
  readonly app: AppPort;
  readonly BrowserWindow: new (options: Electron.BrowserWindowConstructorOptions) => WindowPort;
  readonly Tray: new (image: Electron.NativeImage) => TrayPort;
  readonly Menu: {
    buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): Electron.Menu;
    setApplicationMenu(menu: Electron.Menu | null): void;
  };
  readonly Notification: new (options: Electron.NotificationConstructorOptions) => NotificationPort;
  readonly nativeImage: { createFromPath(path: string): Electron.NativeImage };
  readonly nativeTheme: Pick<Electron.NativeTheme, 'shouldUseDarkColors'>;
  readonly clipboard: Pick<Electron.Clipboard, 'writeText'>;
  readonly shell: Pick<Electron.Shell, 'openExternal'>;
  readonly protocol: Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'>;
  readonly ipcMain: Pick<Electron.IpcMain, 'handle'>;
  readonly powerMonitor: Pick<Electron.PowerMonitor, 'on'>;
  readonly powerSaveBlocker: Pick<Electron.PowerSaveBlocker, 'start' | 'stop'>;
  readonly session: { readonly defaultSession: SessionPort };
}
