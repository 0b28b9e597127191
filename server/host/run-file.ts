/**
 * The file by which the command line finds a running host: addresses and process id, in the data directory.
 *
 * Whoever tidies the data folder must not cut off a host that runs: it looks at its file now and then, and writes it again where it is
 * gone, damaged, or left over from another host that has died since.
 */
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

/** How often a host looks at its file, milliseconds: a person who finds that a command fails tries again after about as long. */
const lookMs = 5000;

export class RunFile {
  readonly #path: string;
  #written: RunFacts | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<unknown> = Promise.resolve();

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

  /** Looks after what was written until `remove`. `onRepaired` hears why it was written again, `onTrouble` why it could not be. */
  keep(onRepaired: (why: string) => void, onTrouble: (error: unknown) => void, intervalMs = lookMs): void {
    let isTroubled = false;
    const look = async (): Promise<void> => {
      try {
        const why = await this.#look();
        isTroubled = false;
        if (why !== undefined) onRepaired(why);
      } catch (error) {
        // Once, not every five seconds.
        if (!isTroubled) onTrouble(error);
        isTroubled = true;
      }
    };
    this.#timer = setInterval(() => (this.#looking = this.#looking.then(look)), intervalMs);
    this.#timer.unref();
  }

  /** Ends the looking, and removes the file if it is still ours: a host started later may have replaced it. */
  async remove(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    const present = await this.read().catch(() => undefined);
    if (present?.pid === this.#written?.pid) await rm(this.#path, { force: true });
  }

  /** Throws `host-not-running` where there is no file, or none that can be used. */
  async read(): Promise<RunFacts> {
    const text = await this.#text();
    const facts = text === undefined ? undefined : parseRunFacts(text);
    if (facts !== undefined) return facts;
    throw new MillraceError('host-not-running', 'No Millrace is running for this data folder.', {
      hint:
        text === undefined
          ? 'Start it with `millrace serve`, or name its folder with --data.'
          : `Its run.json is damaged. A host that runs writes it again within ${lookMs / 1000} seconds: try again, or start one with \`millrace serve\`.`,
    });
  }

  async #look(): Promise<string | undefined> {
    const why = repairReason(await this.#text(), this.#written!, isRunning);
    if (why !== undefined) await this.write(this.#written!);
    return why;
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw new MillraceError('host-not-running', 'The run.json of this data folder cannot be read.', {
        hint: 'Run the command as the user whose host it is.',
        cause: error,
      });
    }
  }
}

/** Why the host that wrote `ours` has to write it again, completing "run.json …"; undefined where the file can stay as it is. */
export function repairReason(
  text: string | undefined,
  ours: RunFacts,
  isRunning: (pid: number) => boolean,
): string | undefined {
  if (text === undefined) return 'was gone';
  const present = parseRunFacts(text);
  if (present === undefined) return 'was damaged';
  if (present.pid === ours.pid) return JSON.stringify(present) === JSON.stringify(ours) ? undefined : 'was changed';
  return isRunning(present.pid) ? undefined : `was left over from process ${present.pid}, which has ended`;
}

/** Undefined where it is not what a host writes. */
function parseRunFacts(text: string): RunFacts | undefined {
  try {
    const { pid, inferenceUrl, adminUrl, version, adminToken } = JSON.parse(text) as Record<string, unknown>;
    const texts = [inferenceUrl, adminUrl, version, adminToken];
    if (!Number.isInteger(pid) || texts.some((each) => typeof each !== 'string')) return undefined;
    return { pid, inferenceUrl, adminUrl, version, adminToken } as RunFacts;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
