/**
 * `<data>/secrets.json`: keys that a person stored for sources, readable by this user only. The one place on disk where they are;
 * never in settings, run.json, logs, arguments or addresses.
 */
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';

export interface StoredKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Secrets {
  readonly sources: Readonly<Record<string, StoredKey>>;
}

const maxBytes = 1024 * 1024;
/** Bits that give others a right to the file. */
const othersMay = 0o077;

export class SecretsFile {
  readonly #path: string;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, 'secrets.json');
  }

  /** Throws `storage-failed` where the file is readable by others, damaged or not readable. */
  async keyOf(source: string): Promise<StoredKey | undefined> {
    const { sources } = await this.#read();
    return Object.hasOwn(sources, source) ? sources[source] : undefined;
  }

  /** Names of the sources that have a key. */
  async names(): Promise<string[]> {
    return Object.keys((await this.#read()).sources);
  }

  /** Every secret itself, for those who must not let one out. */
  async values(): Promise<string[]> {
    const { sources } = await this.#read();
    return Object.values(sources).flatMap(({ accessKeyId, secretAccessKey, sessionToken }) => [
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? [] : [sessionToken]),
    ]);
  }

  async store(source: string, key: StoredKey): Promise<void> {
    await this.#write({ ...(await this.#read()).sources, [source]: key });
  }

  /** True where there was one. */
  async forget(source: string): Promise<boolean> {
    const { [source]: gone, ...others } = (await this.#read()).sources;
    if (gone === undefined) return false;
    await this.#write(others);
    return true;
  }

  async #read(): Promise<Secrets> {
    let handle: FileHandle;
    try {
      handle = await open(this.#path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { sources: {} };
      throw this.#unusable('cannot be read', 'Let only this user read it.', error);
    }
    try {
      const { mode, size } = await handle.stat();
      // Windows has no such bits; there the folder belongs to the user.
      if (process.platform !== 'win32' && (mode & othersMay) !== 0) {
        throw this.#unusable(`can be read by others (mode ${(mode & 0o777).toString(8)})`, 'Run `chmod 600` on it.');
      }
      if (size > maxBytes) throw this.#unusable(`has ${size} bytes`, 'Remove it and store the keys again.');
      return parse(await handle.readFile('utf8')) ?? { sources: {} };
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      // The cause would quote the file.
      throw this.#unusable('is damaged', 'Remove it and store the keys again.');
    } finally {
      await handle.close();
    }
  }

  async #write(sources: Secrets['sources']): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${process.pid}`;
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify({ sources }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, this.#path);
  }

  #unusable(why: string, hint: string, cause?: unknown): MillraceError {
    return new MillraceError('storage-failed', `${this.#path} ${why}, so no stored key is used.`, { hint, cause });
  }
}

function parse(text: string): Secrets | undefined {
  const raw = JSON.parse(text) as { readonly sources?: unknown };
  if (typeof raw.sources !== 'object' || raw.sources === null) throw new TypeError('No sources.');
  for (const key of Object.values(raw.sources) as Partial<StoredKey>[]) {
    if (typeof key.accessKeyId !== 'string' || typeof key.secretAccessKey !== 'string') throw new TypeError('No key.');
  }
  return raw as Secrets;
}
