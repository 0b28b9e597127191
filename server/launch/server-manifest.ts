/** Compares the server folder of a package with the list of its files that lies in the asar, before a host is started from it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

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
  const added = present.find((path) => !Object.hasOwn(files, path));
  if (added !== undefined) return `The installed program has a file that does not belong to it: ${added}.`;
  for (const [path, { sha256, size }] of Object.entries(files)) {
    if (!present.includes(path)) return `A file of the installed program is missing: ${path}.`;
    const stat = await lstat(join(folder, path));
    if (!stat.isFile() || stat.size !== size || (await hashOf(join(folder, path))) !== sha256)
      return `A file of the installed program has been changed: ${path}.`;
  }
  return undefined;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
