/**
 * Keeps one host there for the program that wants one, the desktop shell: takes the host that runs already, or starts one and starts
 * it again when it dies. It owns what is known of that host's process. It ends only what it started.
 */
import type { DesktopHost, DesktopHostKind } from '../protocol/desktop-bridge.ts';
import type { HostProcess } from './host-process.ts';
import { deathWindowMs, decideRestart, describeExit } from './host-restart.ts';
import type { HostExit } from './host-restart.ts';

export interface HostAddress {
  readonly adminUrl: string;
  readonly adminToken: string;
  readonly inferenceUrl: string;
}

export interface KeeperParts {
  /** A host of the data folder that answers, whoever started it. */
  findRunning(): Promise<HostAddress | undefined>;
  /** What is wrong with the installed files. */
  checkServer(): Promise<string | undefined>;
  spawn(): HostProcess;
  onChange(): void;
  /** Monotonic, milliseconds. */
  now(): number;
}

const starting = { kind: 'starting', isOurs: true, sentence: 'Millrace is starting.', lines: [] } as const;

/** A service that is restarted is back sooner. */
const patienceMs = 15_000;

export class HostKeeper {
  readonly #parts: KeeperParts;
  #state: DesktopHost = starting;
  #address: HostAddress | undefined;
  #child: HostProcess | undefined;
  #isBeginning = false;
  #isOver = false;
  #deathsMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  get state(): DesktopHost {
    return this.#state;
  }

  /** While it runs. */
  get address(): HostAddress | undefined {
    return this.#address;
  }

  /** As a person asks for it; deaths before are forgotten. Nothing where one runs, or is being started. */
  start(): void {
    this.#deathsMs = [];
    void this.#begin();
  }

  /** The machine has slept: what was to wait has waited. */
  wake(): void {
    if (this.#state.kind === 'waiting') void this.#begin();
  }

  /** The host is silent. One that ran before us may be back under another address and token; ours ends as a process, which is heard. */
  async lost(silentMs: number): Promise<void> {
    if (this.#state.kind !== 'running' || this.#state.isOurs) return;
    const found = await this.#parts.findRunning();
    if (found !== undefined) this.#address = found;
    else if (silentMs >= patienceMs && this.#state.kind === 'running') {
      this.#address = undefined;
      this.#set('stopped', 'The Millrace that ran before this window was opened has stopped.');
    }
  }

  /** Resolves when nothing that was started here runs any more. Nothing is started afterwards. */
  async stop(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#child?.stop();
    await this.#child?.exited;
  }

  kill(): void {
    this.#child?.kill();
  }

  async #begin(): Promise<void> {
    if (this.#isOver || this.#isBeginning || this.#child !== undefined || this.#state.kind === 'running') return;
    this.#isBeginning = true;
    clearTimeout(this.#timer);
    const { kind, sentence, lines } = this.#state;
    // Why it is started again is worth reading until it runs: the pause alone can be half a second.
    if (kind === 'waiting') this.#set('starting', sentence, { lines });
    else this.#set('starting', starting.sentence);
    try {
      const found = await this.#parts.findRunning();
      if (found !== undefined) this.#run(found, false);
      const fault = found === undefined ? await this.#parts.checkServer() : undefined;
      if (fault !== undefined) this.#set('failed', fault, { hint: 'Install Millrace again.' });
      if (found === undefined && fault === undefined && !this.#isOver) this.#spawn();
    } finally {
      this.#isBeginning = false;
    }
  }

  #spawn(): void {
    const child = this.#parts.spawn();
    this.#child = child;
    void child.listening
      .then(() => this.#parts.findRunning())
      .then((address) => this.#child === child && address !== undefined && this.#run(address, true));
    void child.exited.then((exit) => this.#onExit(child, exit));
  }

  #run(address: HostAddress, isOurs: boolean): void {
    this.#address = address;
    const sentence = isOurs ? 'Millrace runs.' : 'Millrace runs as a service or in a terminal; this window shows it.';
    this.#set('running', sentence, { isOurs });
  }

  #onExit(child: HostProcess, exit: HostExit): void {
    const nowMs = this.#parts.now();
    this.#child = undefined;
    this.#address = undefined;
    this.#deathsMs = [...this.#deathsMs.filter((deathMs) => nowMs - deathMs <= deathWindowMs), nowMs];
    const lines = child.lines();
    const verdict = decideRestart(exit, this.#deathsMs, nowMs);
    if (this.#isOver || verdict.action === 'stopped') this.#set('stopped', 'Millrace has stopped.', { lines });
    else if (verdict.action === 'give-up') this.#set('failed', verdict.sentence, { hint: verdict.hint, lines });
    else {
      this.#set('waiting', `The host has died: ${describeExit(exit)}. It is started again.`, { lines });
      this.#timer = setTimeout(() => void this.#begin(), verdict.delayMs);
    }
  }

  #set(kind: DesktopHostKind, sentence: string, more: Partial<DesktopHost> = {}): void {
    this.#state = { kind, isOurs: true, lines: [], ...more, sentence };
    this.#parts.onChange();
  }
}
