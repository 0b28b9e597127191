/**
 * The desktop program put together: one instance, one window, one tray, one host. Nothing here decides; the decisions are in the files
 * that this one imports, and what happens at the end of it all is quit.ts.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defaultDataDirectory } from '../server/cli/data-directory.ts';
import { HostClient } from '../server/cli/host-client.ts';
import { spawnHost } from '../server/launch/host-process.ts';
import { checkServer } from '../server/launch/server-manifest.ts';
import { openDesktopUpdates } from '../server/updating/desktop-updates.ts';
import type { DesktopView, OpenedFile, SwitchName } from '../server/protocol/desktop-bridge.ts';
import { linkScheme, placeOfLink, readArguments } from './deep-link.ts';
import { answerGui } from './gui-protocol.ts';
import { HostKeeper } from '../server/launch/host-keeper.ts';
import { HostWatch } from './host-watch.ts';
import { answerRequests } from './ipc-main.ts';
import { applyLoginItem } from './login-item.ts';
import { decideNotice, emptyBook } from './notices.ts';
import type { Notice } from './notices.ts';
import type { ElectronPort } from './ports.ts';
import { decideQuit } from './quit.ts';
import type { QuitEvent, QuitPhase } from './quit.ts';
import { shellPaths } from './shell-paths.ts';
import { SwitchFile } from './switches.ts';
import type { TrayAct } from './tray-model.ts';
import { trayOf } from './tray.ts';
import { decideClose } from './window-policy.ts';
import { MainWindow, lockPages } from './window.ts';

export type ShellStart = Pick<NodeJS.Process, 'argv' | 'platform' | 'env' | 'cwd'> & { readonly resourcesPath: string };

/** By which Windows knows whose notification it is; the installer registers the same. */
const appUserModelId = 'org.millrace.desktop';
/** Where the GUI imports a file. */
const importPlace = '/models/import';
/** Some Linux desktops show no tray. */
const goesOn = {
  title: 'Millrace serves on',
  body: 'Open it from the tray. Where there is none, start Millrace again.',
};
/** For windows to close by themselves before the program goes, milliseconds. */
const lastWordsMs = 2000;

export function startShell(electron: ElectronPort, start: ShellStart): void {
  const { app } = electron;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  app.setAppUserModelId(appUserModelId);
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true };
  electron.protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges }]);
  const { platform, resourcesPath, env } = start;
  const paths = shellPaths({ isPackaged: app.isPackaged, appPath: app.getAppPath(), resourcesPath, platform });
  const dataDirectory = defaultDataDirectory(env);
  const startedMs = Date.now();
  const file = new SwitchFile(join(app.getPath('userData'), 'shell.json'));
  let window: MainWindow | undefined;
  let showTray: ReturnType<typeof trayOf> | undefined;
  let opened: OpenedFile | undefined;
  let book = emptyBook;
  let phase: QuitPhase = 'running';
  let quitTimer: NodeJS.Timeout | undefined;
  let awake: number | undefined;
  let showFirst: (() => void) | undefined;
  let isHintGiven = false;

  const view = (): DesktopView => ({ switches: file.switches, host: keeper.state });
  const keeper: HostKeeper = new HostKeeper({
    findRunning: async () => (await HostClient.running(dataDirectory).catch(() => undefined))?.run,
    checkServer: async () => paths.manifest && (await checkServer(paths.serverFolder, paths.manifest)),
    spawn() {
      const words = [paths.program, 'serve', '--parent', '--data', dataDirectory];
      return spawnHost({ node: paths.node, words, dataDirectory, env });
    },
    onChange() {
      const { kind, sentence, hint } = keeper.state;
      if (kind === 'running') watch.connect();
      if (kind === 'failed' && phase === 'running') notify({ title: sentence, body: hint ?? '' }, '/');
      onView();
    },
    now: () => performance.now(),
  });
  const watch: HostWatch = new HostWatch({
    address: () => keeper.address,
    onSilence: (silentMs) => void keeper.lost(silentMs),
    onChange({ events, host }) {
      updates.noteTraffic(host?.traffic.requestsPerSecond ?? 0);
      const isLooking = window?.isLooking === true;
      const decided = decideNotice(book, events, { nowMs: Date.now(), sinceMs: startedMs, isLooking });
      book = decided.book;
      if (decided.notice !== undefined) notify(decided.notice, '/monitor/events');
      showTray?.(keeper.state, watch.state, updates.orders);
    },
  });
  const updates = openDesktopUpdates({
    platform,
    environment: env,
    sourceFile: paths.updates,
    folder: join(app.getPath('userData'), 'updates'),
    beforeInstall: () => keeper.stop().then(() => void (phase = 'done')),
    onChange: onView,
  });

  function onView(): void {
    showTray?.(keeper.state, watch.state, updates.orders);
    window?.tell('shell:view-changed', view());
    const { kind } = keeper.state;
    if (file.switches.keepAwake && kind === 'running' && phase === 'running') {
      awake ??= electron.powerSaveBlocker.start('prevent-app-suspension');
    } else if (awake !== undefined) {
      electron.powerSaveBlocker.stop(awake);
      awake = undefined;
    }
  }

  function notify({ title, body }: Notice, place: string): void {
    if (window?.isLooking === true) return;
    const notification = new electron.Notification({ title, body });
    notification.on('click', () => window?.show(place));
    notification.show();
  }

  function setSwitch(name: SwitchName, isOn: boolean): DesktopView {
    file.set(name, isOn);
    if (name === 'startAtLogin') applyLogin();
    onView();
    return view();
  }

  function applyLogin(): void {
    const program = env['APPIMAGE'] ?? app.getPath('exe');
    const words = app.isPackaged ? [program] : [program, app.getAppPath()];
    applyLoginItem(app, { platform, words, configFolder: app.getPath('appData') }, file.switches.startAtLogin);
  }

  /** A link, a file, or only the window. Waits for the window where there is none yet. */
  function open(words: readonly string[], workingDirectory: string): void {
    const { link, file: path } = readArguments(words, workingDirectory);
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    const isFile = path !== undefined && stat?.isFile() === true && updates.take(path) === undefined;
    if (isFile) opened = { name: basename(path), path, sizeBytes: stat.size };
    showFirst = () => window?.show(isFile ? importPlace : link && placeOfLink(link));
    if (window === undefined || phase !== 'running') return;
    showFirst();
    if (isFile) window.tell('shell:opened');
  }

  function takeOpened(): OpenedFile | undefined {
    const taken = opened;
    opened = undefined;
    return taken;
  }

  function quit(event: QuitEvent): void {
    const { phase: next, act, withinMs } = decideQuit(phase, event);
    phase = next;
    if (withinMs !== undefined || act === 'exit') clearTimeout(quitTimer);
    if (withinMs !== undefined) quitTimer = setTimeout(() => quit('time-up'), withinMs);
    if (act === 'kill') keeper.kill();
    if (act === 'drain') {
      window?.hide();
      watch.stop();
      onView();
      void keeper.stop().then(() => quit('host-gone'));
    }
    if (act === 'exit') {
      app.quit();
      setTimeout(() => app.exit(0), lastWordsMs);
    }
  }

  lockPages(electron, () => keeper.address?.inferenceUrl);
  app.on('second-instance', (_, words, workingDirectory) => open(words, workingDirectory));
  const openOne = (event: { preventDefault(): void }, word: string): void => {
    event.preventDefault();
    open([word], '/');
  };
  app.on('open-url', openOne);
  app.on('open-file', openOne);
  app.on('activate', () => window?.show());
  app.on('before-quit', (event) => {
    if (phase === 'done') return;
    event.preventDefault();
    quit('asked');
  });
  keeper.start();
  open(start.argv.slice(1), start.cwd());
  void begin();

  async function begin(): Promise<void> {
    await app.whenReady();
    if (phase !== 'running') return;
    const answer = answerGui(paths.guiFolder, () => keeper.address);
    electron.protocol.handle('app', answer);
    answerRequests(electron.ipcMain, {
      'shell:view': view,
      'shell:set-switch': setSwitch,
      'shell:start-host': () => keeper.start(),
      'shell:take-opened': takeOpened,
    });
    electron.powerMonitor.on('resume', () => {
      keeper.wake();
      watch.connect();
    });
    electron.powerMonitor.on('shutdown', () => quit('session-ending'));
    electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menu(platform)));
    window = new MainWindow({
      electron,
      preload: paths.preload,
      onClose: () => (phase === 'running' ? decideClose(file.switches.closeToTray, platform) : undefined),
      onHidden() {
        if (platform === 'linux' && !isHintGiven) notify(goesOn, '/');
        isHintGiven = true;
      },
      onSessionEnding: () => quit('session-ending'),
    });
    const acts: Readonly<Partial<Record<TrayAct, () => void>>> = {
      open: () => window?.show(),
      quit: () => app.quit(),
      'start-host': () => keeper.start(),
      'copy-address': () => void electron.clipboard.writeText(keeper.address?.inferenceUrl ?? ''),
    };
    showTray = trayOf({ electron, platform, icons: paths.icons, onAct: (act) => (acts[act] ?? updates.order)(act) });
    if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme);
    if (file.switches.startAtLogin) applyLogin();
    const isLogin = start.argv.includes('--hidden') || app.getLoginItemSettings().wasOpenedAtLogin;
    if (!(isLogin && file.switches.startHidden)) showFirst?.();
    onView();
  }
}

/** Hidden until Alt is pressed where the system has no menu bar of its own; its keys work all the same. */
function menu(platform: NodeJS.Platform): Parameters<ElectronPort['Menu']['buildFromTemplate']>[0] {
  const zoom = [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'togglefullscreen' }] as const;
  const own = platform === 'darwin' ? [{ role: 'appMenu' } as const] : [];
  return [...own, { role: 'editMenu' }, { label: 'View', submenu: [...zoom] }, { role: 'windowMenu' }];
}
