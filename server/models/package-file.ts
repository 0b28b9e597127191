/**
 * Opens files that somebody hands over, with the least trust: no link at its end, no pipe or device, and inside the package
 * by the path that the system itself resolves. Everything else about staging is staging.ts.
 */
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { modelRefusal } from './model-refusal.ts';

export interface PackageFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/**
 * The file at `path` below `root`, which is a real path; undefined where nothing is there. The caller closes it.
 * `singleName` refuses a file with a second name: a hard link may lead to a file outside that nobody meant to hand over.
 */
export async function openPackageFile(
  root: string,
  path: string,
  { singleName = false }: { readonly singleName?: boolean } = {},
): Promise<PackageFile | undefined> {
  const absolute = join(root, path);
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK a pipe would be waited for; O_NOFOLLOW refuses a link at the end of the path.
    handle = await open(absolute, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP' || code === 'EMLINK') throw refuseLink(path);
    throw modelRefusal(
      'unreadable',
      `${path} cannot be read (${code ?? 'unknown error'}).`,
      'Check that this user may read it.',
      error,
    );
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile())
      throw modelRefusal('not-a-file', `${path} is not a regular file.`, 'Put the file itself there.');
    if (singleName && facts.nlink !== 1) {
      const message = `${path} is a hard link: the file has ${facts.nlink} names.`;
      throw modelRefusal('hard-link', message, 'Copy the file itself into the folder.');
    }
    // What was opened must be what the path leads to without any link on the way. Systems that ignore case may answer in another.
    const real = await realpath(absolute);
    const { ino, dev } = await lstat(real);
    const isSame = ino === facts.ino && dev === facts.dev && real.toLowerCase() === absolute.toLowerCase();
    if (!isSame || !absolute.startsWith(root.endsWith(sep) ? root : root + sep)) throw refuseLink(path);
    return { handle, sizeBytes: facts.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refuseLink(path: string): Error {
  return modelRefusal('link', `${path} is a link.`, 'Copy the file itself into the folder, for example with `cp -rL`.');
}
