/**
 * The list of all files of a server folder with digest and size: the shell compares it before it starts a host, and a test
 * before a release. It lies in the app's archive and not among the files that it lists, so that who changes one cannot change
 * the other; a headless archive carries it for `sha256sum`-like use by people.
 */
import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inParallel } from './in-parallel.ts';

export interface ServerManifest {
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly size: number }>>;
}

/** The manifest's own name; it does not list itself. */
export const manifestName = 'server-manifest.json';

/** Paths of all files below `folder`, with `/`, sorted. A link in it is an error: what it points at is not ours to vouch for. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
      if (!entry.isFile()) throw new Error(`${path} in the server folder is not a plain file.`);
      return path;
    })
    .toSorted();
}

/** Reads every byte. */
export async function manifestOf(folder: string): Promise<ServerManifest> {
  const paths = (await filesBelow(folder)).filter((path) => path !== manifestName);
  const entries = await inParallel(paths, async (path) => [path, await entryOf(join(folder, path))] as const);
  return { files: Object.fromEntries(entries) };
}

/** What differs between a folder and its manifest, one sentence each; empty where nothing does. */
export async function differences(folder: string, manifest: ServerManifest): Promise<string[]> {
  const present = await manifestOf(folder);
  const names = new Set([...Object.keys(manifest.files), ...Object.keys(present.files)]);
  return [...names].toSorted().flatMap((name) => {
    const [wanted, found] = [manifest.files[name], present.files[name]];
    if (wanted === undefined) return [`${name} is not on the list`];
    if (found === undefined) return [`${name} is missing`];
    return wanted.sha256 === found.sha256 && wanted.size === found.size ? [] : [`${name} has been changed`];
  });
}

/** Larger files are read in parts. */
const wholeBytes = 4 * 1024 * 1024;

async function entryOf(path: string): Promise<{ sha256: string; size: number }> {
  const { size } = await stat(path);
  if (size <= wholeBytes) return { sha256: hash('sha256', await readFile(path)), size };
  const digest = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), digest);
  return { sha256: digest.digest('hex'), size };
}
