/** Compares the server folder of a package with the list of its files that lies in the asar, before a host is started from it. */
import { createHash, hash } from 'node:crypto';
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
  const present = new Set(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  );
  const added = [...present].find((path) => !Object.hasOwn(files, path));
  if (added !== undefined) return `The installed program has a file that does not belong to it: ${added}.`;
  const missing = Object.keys(files).find((path) => !present.has(path));
  if (missing !== undefined) return `A file of the installed program is missing: ${missing}.`;
  const changed = await firstChanged(folder, files);
  return changed === undefined ? undefined : `A file of the installed program has been changed: ${changed}.`;
}

/** Thousands of small files are mostly waiting: so many are looked at together. */
const width = 8;

async function firstChanged(folder: string, files: Manifest['files']): Promise<string | undefined> {
  const left = Object.entries(files);
  let changed: string | undefined;
  const look = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined && changed === undefined; next = left.pop()) {
      const [path, { sha256, size }] = next;
      const place = join(folder, path);
      const stat = await lstat(place);
      if (!stat.isFile() || stat.size !== size || (await hashOf(place, size)) !== sha256) changed = path;
    }
  };
  await Promise.all(Array.from({ length: width }, look));
  return changed;
}

/** Larger files are read in parts. */
const wholeBytes = 4 * 1024 * 1024;

async function hashOf(path: string, size: number): Promise<string> {
  if (size <= wholeBytes) return hash('sha256', await readFile(path));
  const digest = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), digest);
  return digest.digest('hex');
}
