/** Compares the server folder of a package with the list of its files that lies in the asar, before a host is started from it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Files that are read side by side. A server folder has thousands of small ones, and most of the time is waiting for the disk. */
const atOnce = 16;
/** Larger ones are read in pieces, so that the window does not stand still while one is hashed. */
const wholeBytes = 1024 * 1024;

interface Manifest {
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly size: number }>>;
}

/** What is wrong with the folder, one sentence; undefined where every file is on the list and as the list says. */
export async function checkServer(folder: string, manifestPath: string): Promise<string | undefined> {
  let files: Manifest['files'];
  try {
    ({ files } = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest);
    if (Object.keys(files).length === 0) return 'The list of the installed files is empty.';
  } catch {
    return 'The list of the installed files is missing or damaged.';
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const present = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const isPresent = new Set(present);
  const added = present.find((path) => !Object.hasOwn(files, path));
  if (added !== undefined) return `The installed program has a file that does not belong to it: ${added}.`;
  const missing = Object.keys(files).find((path) => !isPresent.has(path));
  if (missing !== undefined) return `A file of the installed program is missing: ${missing}.`;
  const left = Object.entries(files).values();
  let changed: string | undefined;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [path, { sha256, size }] of left) {
        if (changed !== undefined) return;
        if (!(await isAsListed(join(folder, path), sha256, size))) changed ??= path;
      }
    }),
  );
  return changed === undefined ? undefined : `A file of the installed program has been changed: ${changed}.`;
}

async function isAsListed(path: string, sha256: string, size: number): Promise<boolean> {
  const stat = await lstat(path);
  if (!stat.isFile() || stat.size !== size) return false;
  const hash = createHash('sha256');
  if (size <= wholeBytes) hash.update(await readFile(path));
  else await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex') === sha256;
}
