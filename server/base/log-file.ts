/**
 * A log file that cannot fill the disk: at ten megabytes it becomes `<file>.1`, in the place of the one before, and a new one
 * begins. For services of systems that keep no log themselves.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Two files of it are a week of a busy host, and fit into an e-mail when packed. */
export const maxLogFileBytes = 10_000_000;

/** Writes at once: what a host wrote last before it died is what somebody will look for. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #descriptor: number;
  #bytes: number;

  /** Makes the folder; goes on with a file that is there. Throws where it cannot be written. */
  constructor(path: string, maxBytes = maxLogFileBytes) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true });
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** Never throws: a full disk must not stop a host that could still answer. */
  write(line: string): void {
    try {
      if (this.#bytes >= this.#maxBytes) this.#turn();
      this.#bytes += writeSync(this.#descriptor, line);
    } catch {
      // The line is lost; the next one is tried again.
    }
  }

  #turn(): void {
    closeSync(this.#descriptor);
    try {
      renameSync(this.#path, `${this.#path}.1`);
    } finally {
      this.#descriptor = openSync(this.#path, 'a', 0o600);
      this.#bytes = fstatSync(this.#descriptor).size;
    }
  }
}
