/**
 * Keeps the desktop program up to date as far as somebody wants that: asks update-decision.ts what is due, does it through an
 * updater that is passed in, and says how it stands. One thing at a time; what fails is said and tried again later.
 */
import type { UpdateOrder, UpdateView } from '../protocol/update-view.ts';
import { decideUpdate } from './update-decision.ts';
import type { UpdatePhase } from './update-decision.ts';
import { offerParcel, unpackParcel } from './update-parcel.ts';
import type { ParcelAddress } from './update-parcel.ts';
import type { UpdateMode, UpdateSettings } from './update-policy.ts';

/** What downloads and installs; electron/update.ts makes one of electron-updater. */
export interface Updater {
  /** Looks at an address from now on. What is there must carry the makers' signature. */
  useAddress(url: string): void;
  /** The version there if it is newer than this one. */
  check(): Promise<string | undefined>;
  /** Rejects where what came is not what the release's list says. */
  download(onPercent: (percent: number) => void): Promise<void>;
  /** Ends the program, exchanges it and starts it again. */
  install(): void;
}

export interface KeeperOptions {
  readonly settings: UpdateSettings;
  /** Loaded when it is first needed. */
  loadUpdater(): Promise<Updater>;
  /** For what a file brings; ours alone. */
  readonly parcelFolder: string;
  /** How long the host has had no request. */
  idleMs(): number;
  /** Stops what runs, so that its files can be exchanged. */
  beforeInstall(): Promise<void>;
  onChange(view: UpdateView): void;
  now(): Date;
}

/** A night of two hours must not be missed, and a clock that is put forward must not matter. */
export const tickMs = 60_000;

export class UpdateKeeper {
  readonly #options: KeeperOptions;
  readonly #startedMs: number;
  #settings: UpdateSettings;
  #phase: UpdatePhase = 'none';
  #version: string | undefined;
  #percent: number | undefined;
  #trouble: string | undefined;
  #isOrdered = false;
  #lastLookMs: number | undefined;
  #failures = 0;
  #updater: Promise<Updater> | undefined;
  #parcel: ParcelAddress | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#startedMs = options.now().getTime();
  }

  get view(): UpdateView {
    const { mode, isLocked, url, allowsFiles } = this.#settings;
    const isResting = this.#phase === 'none' || this.#phase === 'available';
    return {
      phase: this.#phase,
      mode,
      isLocked,
      canLook: url !== undefined && !(isLocked && mode === 'off') && isResting,
      canTakeFile: allowsFiles && isResting,
      ...(this.#version !== undefined && { version: this.#version }),
      ...(this.#percent !== undefined && { percent: this.#percent }),
      isOrdered: this.#isOrdered || (mode === 'tonight' && this.#phase === 'downloaded'),
      sentence: this.#sentence(),
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
    };
  }

  /** Looks after itself from now on. */
  start(): void {
    this.#timer ??= setInterval(() => void this.tick(), tickMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#parcel?.close();
    this.#parcel = undefined;
  }

  /** Does what is due. */
  async tick(): Promise<void> {
    const now = this.#options.now();
    const facts = {
      phase: this.#phase,
      lastLookMs: this.#lastLookMs,
      failures: this.#failures,
      isOrdered: this.#isOrdered,
      idleMs: this.#options.idleMs(),
      nowMs: now.getTime(),
      minuteOfDay: now.getHours() * 60 + now.getMinutes(),
    };
    const act = decideUpdate(this.#settings, facts, this.#startedMs);
    if (act === 'check') await this.#look();
    else if (act === 'download') await this.#download();
    else if (act === 'install') await this.#install();
  }

  /** The person's choice; nothing where it is the administrator's. */
  setMode(mode: UpdateMode): void {
    if (this.#settings.isLocked) return;
    this.#settings = { ...this.#settings, mode };
    this.#tell();
  }

  /** Orders that do not fit the phase are too late or come twice, and change nothing. */
  async order(order: UpdateOrder): Promise<void> {
    if (order === 'check' && this.view.canLook) await this.#look();
    else if (order === 'download' && this.#phase === 'available') await this.#download();
    else if (order === 'install-now' && this.#phase === 'downloaded') await this.#install();
    else if (order === 'install-tonight' && this.#phase === 'available') {
      this.#isOrdered = true;
      await this.#download();
    } else if (order === 'install-tonight' || order === 'not-tonight') {
      this.#isOrdered = order === 'install-tonight' && this.#phase === 'downloaded';
      this.#tell();
    }
  }

  /** An update that somebody has brought as a file: checked and unpacked; installed when somebody says so. */
  async openFile(path: string): Promise<void> {
    if (!this.view.canTakeFile)
      return this.#say('none', 'The administrator of this machine allows no updates from files.');
    this.#say('checking');
    try {
      await this.#parcel?.close();
      const names = await unpackParcel(path, this.#options.parcelFolder);
      this.#parcel = await offerParcel(this.#options.parcelFolder, names);
      const updater = await this.#loaded();
      updater.useAddress(this.#parcel.url);
      this.#version = await updater.check();
      if (this.#version === undefined) return this.#say('none', 'The file holds no newer version than this one.');
      await this.#download();
    } catch (error) {
      this.#say('none', messageOf(error));
    }
  }

  async #look(): Promise<void> {
    this.#say('checking');
    this.#lastLookMs = this.#options.now().getTime();
    try {
      const updater = await this.#loaded();
      updater.useAddress(this.#settings.url!);
      this.#version = await updater.check();
      this.#failures = 0;
      this.#say(this.#version === undefined ? 'none' : 'available');
    } catch (error) {
      this.#failures++;
      this.#say('none', messageOf(error));
    }
  }

  async #download(): Promise<void> {
    this.#percent = 0;
    this.#say('downloading');
    try {
      await (
        await this.#loaded()
      ).download((percent) => {
        const whole = Math.floor(percent);
        // Dozens of reports a second would be as many messages to the window.
        if (whole === this.#percent) return;
        this.#percent = whole;
        this.#tell();
      });
      this.#percent = undefined;
      this.#say('downloaded');
    } catch (error) {
      this.#percent = undefined;
      this.#isOrdered = false;
      this.#failures++;
      this.#version = undefined;
      this.#say('none', messageOf(error));
    }
  }

  async #install(): Promise<void> {
    this.#say('installing');
    try {
      await this.#options.beforeInstall();
      (await this.#loaded()).install();
    } catch (error) {
      this.#isOrdered = false;
      this.#say('downloaded', messageOf(error));
    }
  }

  async #loaded(): Promise<Updater> {
    this.#updater ??= this.#options.loadUpdater();
    try {
      return await this.#updater;
    } catch (error) {
      this.#updater = undefined;
      throw error;
    }
  }

  #say(phase: UpdatePhase, trouble?: string): void {
    this.#phase = phase;
    this.#trouble = trouble;
    this.#tell();
  }

  #tell(): void {
    this.#options.onChange(this.view);
  }

  #sentence(): string {
    const version = this.#version ?? '';
    switch (this.#phase) {
      case 'checking':
        return 'Looking for a newer version.';
      case 'available':
        return `Version ${version} is there.`;
      case 'downloading':
        return `Version ${version} is being downloaded, ${this.#percent ?? 0} %.`;
      case 'downloaded':
        return this.#isOrdered || this.#settings.mode === 'tonight'
          ? `Version ${version} is downloaded and will be installed tonight, when nothing is asked.`
          : `Version ${version} is downloaded. It is installed when you say so.`;
      case 'installing':
        return `Version ${version} is being installed; Millrace starts again in a moment.`;
      case 'none':
        return this.#restingSentence();
    }
  }

  #restingSentence(): string {
    const { mode, url, isLocked } = this.#settings;
    if (mode === 'off' && isLocked) return 'Updates are switched off by the administrator of this machine.';
    if (url === undefined) return 'This build knows no address for updates; a file can be installed.';
    if (mode === 'off') return 'Nothing is looked for.';
    return this.#lastLookMs === undefined || this.#failures > 0
      ? 'Updates are looked for once a day.'
      : 'This is the newest version.';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
