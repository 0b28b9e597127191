/** The file by which the command line finds a running host: addresses and process id, in the data directory. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';

export interface RunFacts {
  readonly pid: number;
  readonly inferenceUrl: string;
  readonly adminUrl: string;
  readonly version: string;
  /** What the command line sends; a new one at each start. The file is its owner's only. */
  readonly adminToken: string;
}

export class RunFile {
  readonly #path: string;
  #written: RunFacts | undefined;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, 'run.json');
  }

  async write(facts: RunFacts): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${facts.pid}`;
    await writeFile(beside, JSON.stringify(facts), { mode: 0o600 });
    await rename(beside, this.#path);
    this.#written = facts;
  }

  /** Removes the file if it is still ours: a host started later may have replaced it. */
  async remove(): Promise<void> {
    const present = await this.read().catch(() => undefined);
    if (present?.pid === this.#written?.pid) await rm(this.#path, { force: true });
  }

  /** Throws `host-not-running` where there is no file. */
  async read(): Promise<RunFacts> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as RunFacts;
    } catch (error) {
      throw new MillraceError('host-not-running', 'No Millrace is running for this data folder.', {
        hint: 'Start it with `millrace serve`, or name its folder with --data.',
        cause: error,
      });
    }
  }
}
