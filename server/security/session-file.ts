/** The sessions of the admin API on disk, so that a restart of the host signs no browser out: hashes only, mode 0600. */
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { SavedSession } from './admin-sessions.ts';

/** Far above what the sessions that are kept can take. */
const maxCharacters = 100_000;

const savedSchema = z.array(
  z.strictObject({
    id: z.string().regex(/^[\w-]{1,64}$/),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    createdMs: z.number(),
    lastUsedMs: z.number(),
  }),
);

export class SessionFile {
  readonly #path: string;
  readonly #onFailure: (error: unknown) => void;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, onFailure: (error: unknown) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** None where there is no file or it is not one of ours: browsers then open a link again. */
  read(): readonly SavedSession[] {
    try {
      const text = readFileSync(this.#path, 'utf8');
      return text.length > maxCharacters ? [] : savedSchema.parse(JSON.parse(text));
    } catch {
      return [];
    }
  }

  /** One write after the other. A failure is told and costs the next run its sessions. */
  write(sessions: readonly SavedSession[]): void {
    this.#writing = this.#writeAfter(this.#writing, sessions);
  }

  async #writeAfter(previous: Promise<void>, sessions: readonly SavedSession[]): Promise<void> {
    await previous;
    try {
      if (sessions.length === 0) {
        await rm(this.#path, { force: true });
        return;
      }
      await writeFile(`${this.#path}.new`, JSON.stringify(sessions), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }
}
