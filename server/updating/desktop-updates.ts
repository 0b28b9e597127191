/**
 * Updates of the desktop program, put together for the shell: what the makers built in, what the administrator and the person have
 * decided, and since when nothing was asked of the host. The shell shows `view`, offers `orders` in its tray, and passes on
 * what is clicked.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UpdateOrder, UpdateView } from '../protocol/update-view.ts';
import { UpdateKeeper } from './update-keeper.ts';
import type { Updater } from './update-keeper.ts';
import { parcelEnding } from './update-parcel.ts';
import { forbidden, isUpdateUrl, parsePolicy, policyPath, updateSettings } from './update-policy.ts';
import type { UpdateMode, UpdatePolicy } from './update-policy.ts';

export interface DesktopUpdatesParts {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `updates.json` beside the shell's program: `{url, publicKey}`, in packages that update themselves. */
  readonly sourceFile: string;
  /** For the person's choice and for what files bring; ours alone. */
  readonly folder: string;
  /** By default electron-updater, loaded when it is first needed. */
  loadUpdater?(publicKey: string): Promise<Updater>;
  /** Stops the host in order and lets the program end without being asked. */
  beforeInstall(): Promise<void>;
  onChange(): void;
  now?(): Date;
  /** Where the administrator's word lies; by default the place of the system. */
  readonly policyFile?: string;
}

export interface DesktopUpdates {
  readonly view: UpdateView;
  /** What can be ordered now, for a menu. */
  readonly orders: readonly { readonly label: string; readonly act: UpdateOrder }[];
  /** Unknown words, and orders that come too late, change nothing. */
  order(order: string): Promise<void>;
  setMode(mode: UpdateMode): void;
  /** Opens a file that is an update by its name, and `view` says what came of it; undefined for any other. */
  take(path: string): Promise<void> | undefined;
  /** To be called with each reading of the host's traffic. */
  noteTraffic(requestsPerSecond: number): void;
  stop(): Promise<void>;
}

/** Looks after itself from now on. Never throws: a policy that cannot be read switches updates off, and `view` says why. */
export function openDesktopUpdates(parts: DesktopUpdatesParts): DesktopUpdates {
  const now = parts.now ?? (() => new Date());
  const source = readSource(parts.sourceFile);
  const { policy, trouble } = readPolicy(parts.policyFile ?? policyPath(parts.platform, parts.environment));
  const choiceFile = join(parts.folder, 'choice.json');
  const settings = updateSettings(policy, readChoice(choiceFile), source?.url);
  const key = source?.publicKey;
  // Without the makers' key nothing can be believed, from the network or from a file.
  const believable = key === undefined ? { ...settings, url: undefined, allowsFiles: false } : settings;
  let busyMs = now().getTime();
  const load =
    parts.loadUpdater ?? (async (publicKey) => (await import('./signed-updater.ts')).signedUpdater(publicKey));
  const keeper = new UpdateKeeper({
    settings: believable,
    loadUpdater: () => load(key!),
    parcelFolder: join(parts.folder, 'parcel'),
    idleMs: () => now().getTime() - busyMs,
    beforeInstall: () => parts.beforeInstall(),
    onChange: () => parts.onChange(),
    now,
  });
  keeper.start();
  return {
    get view() {
      return trouble === undefined ? keeper.view : { ...keeper.view, trouble };
    },
    get orders() {
      return updateOrders(keeper.view);
    },
    order: (order) => keeper.order(order as UpdateOrder),
    setMode(mode) {
      if (settings.isLocked) return;
      writeChoice(choiceFile, mode);
      keeper.setMode(mode);
    },
    take: (path) => (path.toLowerCase().endsWith(parcelEnding) ? keeper.openFile(path) : undefined),
    noteTraffic(requestsPerSecond) {
      if (requestsPerSecond > 0) busyMs = now().getTime();
    },
    stop: () => keeper.stop(),
  };
}

/** Pure. */
export function updateOrders({ phase, version, isOrdered, canLook }: UpdateView): DesktopUpdates['orders'] {
  if (phase === 'available') {
    return [
      { label: `Download version ${version}`, act: 'download' },
      { label: `Download version ${version}, install it tonight`, act: 'install-tonight' },
    ];
  }
  if (phase === 'downloaded') {
    return [
      { label: `Install version ${version} now`, act: 'install-now' },
      isOrdered
        ? { label: `Do not install version ${version} tonight`, act: 'not-tonight' }
        : { label: `Install version ${version} tonight`, act: 'install-tonight' },
    ];
  }
  return phase === 'none' && canLook ? [{ label: 'Look for updates', act: 'check' }] : [];
}

function readSource(path: string): { readonly url: string; readonly publicKey: string } | undefined {
  const source = readJson(path) as { url?: unknown; publicKey?: unknown } | undefined;
  return isUpdateUrl(source?.url) && typeof source?.publicKey === 'string'
    ? { url: source.url, publicKey: source.publicKey }
    : undefined;
}

function readPolicy(path: string): { readonly policy: UpdatePolicy; readonly trouble?: string } {
  let text: string | undefined;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // A file that is there and cannot be read may forbid anything.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      return { policy: forbidden, trouble: 'The policy file of this machine cannot be read, so updates are off.' };
    }
  }
  try {
    return { policy: parsePolicy(text) };
  } catch (error) {
    return { policy: forbidden, trouble: (error as Error).message };
  }
}

function readChoice(path: string): { readonly mode?: UpdateMode } {
  const mode = (readJson(path) as { mode?: unknown } | undefined)?.mode;
  return mode === 'off' || mode === 'notify' || mode === 'tonight' ? { mode } : {};
}

function writeChoice(path: string, mode: UpdateMode): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, JSON.stringify({ mode }));
  renameSync(`${path}.new`, path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) ?? undefined;
  } catch {
    return undefined;
  }
}
