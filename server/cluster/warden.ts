/**
 * The host's side of the warden: keeps one running and tells it which replicas live.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './spawn.ts';

const entry = fileURLToPath(new URL('warden-main.ts', import.meta.url));

/** Pause before a warden that died is replaced, milliseconds. */
const restartDelayMs = 1000;

export class Warden {
  readonly #replicas = new Set<number>();
  readonly #workingDirectory: string;
  #child: ChildProcess | undefined;
  #stopped = false;

  constructor(workingDirectory: string) {
    this.#workingDirectory = workingDirectory;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    // It holds a set of numbers; the flags keep its memory near that of a bare process.
    const child = spawn(process.execPath, ['--max-old-space-size=16', '--max-semi-space-size=1', entry], {
      cwd: this.#workingDirectory,
      env: childEnvironment(process.env),
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
    });
    this.#child = child;
    child.stdin.on('error', () => {}); // Its death is reported by 'exit'.
    child.on('error', () => {});
    child.on('exit', () => {
      this.#child = undefined;
      if (!this.#stopped) setTimeout(() => this.#stopped || this.start(), restartDelayMs).unref();
    });
    child.unref();
    for (const pid of this.#replicas) this.#tell('+', pid);
  }

  add(pid: number): void {
    this.#replicas.add(pid);
    this.#tell('+', pid);
  }

  remove(pid: number): void {
    this.#replicas.delete(pid);
    this.#tell('-', pid);
  }

  /** Ends the warden, which kills whatever is still registered. Resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      child.ref();
      child.on('exit', () => resolve());
      child.stdin?.end();
    });
  }

  #tell(sign: '+' | '-', pid: number): void {
    this.#child?.stdin?.write(`${sign}${pid}\n`);
  }
}
