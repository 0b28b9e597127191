/**
 * Packs a server folder as an archive for machines without a desktop: `.tar.gz`, and `.zip` for Windows. The same input gives
 * the same bytes: times are that of the release and owners are nobody.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { create as createTar } from 'tar';
import { ZipFile } from 'yazl';
import { filesBelow } from '../staging/manifest.ts';
import type { Target } from '../staging/targets.ts';

export interface Archive {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ArchiveOptions {
  readonly outFolder: string;
  readonly version: string;
  /** Of every file in it; a release's date. */
  readonly date: Date;
  /** 1 to 9, of gzip and zip. Default 6: 9 has 3 % fewer bytes in three times the time. */
  readonly level?: number;
}

/** What is unpacked is one folder of this name. */
export function archiveName(target: Target, version: string): string {
  return `millrace-${version}-${target.name}`;
}

/** Writes the archive and beside it `<archive>.sha256`, as `sha256sum --check` reads it. */
export async function packArchive(serverFolder: string, target: Target, options: ArchiveOptions): Promise<Archive> {
  const isZip = target.platform === 'win32';
  const name = archiveName(target, options.version);
  const path = join(options.outFolder, `${name}.${isZip ? 'zip' : 'tar.gz'}`);
  const beside = `${path}.writing-${process.pid}`;
  await mkdir(options.outFolder, { recursive: true });
  try {
    await (isZip ? writeZip : writeTar)(serverFolder, name, beside, { level: 6, ...options });
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const sha256 = hash.digest('hex');
  await writeFile(`${path}.sha256`, `${sha256}  ${basename(path)}\n`);
  return { path, sizeBytes: (await stat(path)).size, sha256 };
}

/** Which files need the mark of a program; on disk they have it on systems that know one. */
function isProgram(path: string): boolean {
  return path === 'bin/node' || path === 'millrace';
}

type Writing = Required<Pick<ArchiveOptions, 'date' | 'level'>>;

async function writeTar(serverFolder: string, name: string, to: string, { date, level }: Writing): Promise<void> {
  const files = await filesBelow(serverFolder);
  const tar = createTar(
    {
      cwd: serverFolder,
      prefix: name,
      portable: true,
      mtime: date,
      onWriteEntry: (entry) => {
        // `portable` would keep the group's bits of whoever packs.
        if (entry.stat !== undefined) entry.stat.mode = isProgram(entry.path) ? 0o755 : 0o644;
      },
    },
    files,
  );
  await pipeline(tar as unknown as NodeJS.ReadableStream, createGzip({ level }), createWriteStream(to));
}

async function writeZip(serverFolder: string, name: string, to: string, { date, level }: Writing): Promise<void> {
  const zip = new ZipFile();
  for (const path of await filesBelow(serverFolder)) {
    zip.addFile(join(serverFolder, path), `${name}/${path}`, {
      mtime: date,
      mode: isProgram(path) ? 0o100755 : 0o100644,
      compressionLevel: level,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(to));
}
