/** serving.json on disk: read with whatever is in it, replaced as a whole. A kill at any moment leaves the old or the new one. */
import { randomBytes } from 'node:crypto';
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWishes, wishesText } from './serving.ts';
import type { ServingWishes } from './serving.ts';
import { syncFolder } from './staging.ts';

const fileName = 'serving.json';
/** Ten versions and eight weights take 500 bytes. */
const maxBytes = 64 * 1024;
/** A write takes milliseconds; what is older than this was left by a process that has ended. */
const abandonedMs = 60_000;

export async function readWishes(modelFolder: string): Promise<{ wishes: ServingWishes; faults: string[] }> {
  const path = join(modelFolder, fileName);
  try {
    if ((await stat(path)).size > maxBytes) return { ...parseWishes(undefined), faults: ['is too large'] };
    return parseWishes(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { ...parseWishes(undefined), faults: isMissing ? [] : [`cannot be read (${code ?? 'unknown error'})`] };
  }
}

/** Resolves once the new wishes survive a power cut. The model's folder must exist. */
export async function writeWishes(modelFolder: string, wishes: ServingWishes): Promise<void> {
  await clearBeside(modelFolder);
  const beside = join(modelFolder, `.${fileName}.${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(wishesText(wishes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, join(modelFolder, fileName));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(modelFolder);
}

async function clearBeside(modelFolder: string): Promise<void> {
  for (const name of await readdir(modelFolder)) {
    if (!name.startsWith(`.${fileName}.`)) continue;
    const path = join(modelFolder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && Date.now() - facts.mtimeMs > abandonedMs) await rm(path, { force: true });
  }
}
