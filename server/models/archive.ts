/**
 * Unpacks a zip archive that somebody hands over, into staging. All names and sizes are judged before the first byte is
 * written, and the archive is refused as a whole: one bad entry is no accident. What is written is counted, because a size in
 * a header is only a claim.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import * as yauzl from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { ArchiveRules } from './archive-rules.ts';
import type { ArchiveHooks } from './archive-rules.ts';
import { modelRefusal } from './model-refusal.ts';

const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;

/** Throws `model-refused`; the caller removes `into`, where nothing else is. */
export async function extractZip(path: string, fileName: string, into: string, hooks: ArchiveHooks): Promise<void> {
  const zip = await openZip(path, fileName);
  try {
    const entries = await readEntries(zip, fileName);
    const totalBytes = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    await hooks.checkSpace(totalBytes);
    let doneBytes = 0;
    for (const entry of entries) {
      hooks.signal?.throwIfAborted();
      await extractEntry(zip, entry, into, (bytes) => hooks.onBytes((doneBytes += bytes), totalBytes));
    }
  } catch (error) {
    throw asRefusal(error, fileName);
  } finally {
    zip.close();
  }
}

async function openZip(path: string, fileName: string): Promise<ZipFile> {
  try {
    // Names are judged below, in our words; sizes are checked by yauzl too, against what comes out.
    return await yauzl.openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    });
  } catch (error) {
    throw modelRefusal(
      'zip-broken',
      `${fileName} is no complete zip archive: ${messageOf(error)}.`,
      'Copy or download it again.',
      error,
    );
  }
}

/** The files of the archive, folders left out. */
async function readEntries(zip: ZipFile, fileName: string): Promise<Entry[]> {
  const rules = new ArchiveRules('zip', fileName);
  rules.checkCount(zip.entryCount);
  const entries: Entry[] = [];
  let compressedBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    rules.checkName(name);
    checkEntry(entry, rules);
    if (name.endsWith('/') || !rules.addFile(name, entry.uncompressedSize)) continue;
    compressedBytes += entry.compressedSize;
    entries.push(entry);
  }
  rules.finish(compressedBytes);
  return entries;
}

function checkEntry(entry: Entry, rules: ArchiveRules): void {
  const name = entry.fileName;
  // The upper half holds the Unix mode where Unix or macOS made the entry, and is 0 where Windows did.
  const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
  if (type !== 0 && type !== regularFile && type !== directory) throw rules.refusal(name, 'is a link or a device');
  if (entry.isEncrypted()) throw rules.refusal(name, 'is encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw rules.refusal(name, `is compressed by method ${entry.compressionMethod}; deflate is read`);
  }
}

async function extractEntry(zip: ZipFile, entry: Entry, into: string, onBytes: (bytes: number) => void): Promise<void> {
  const target = join(into, entry.fileName);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  let written = 0;
  let checksum = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      checksum = crc32(chunk, checksum);
      if (written > entry.uncompressedSize) done(new Error('an entry is larger than it says'));
      else {
        onBytes(chunk.length);
        done(null, chunk);
      }
    },
  });
  await pipeline(
    await zip.openReadStreamPromise(entry),
    count,
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  );
  // yauzl leaves the checksum to its caller.
  if (checksum !== entry.crc32) throw new Error(`${entry.fileName} differs from its checksum`);
}

/** Errors of the reader in our words; a full disk and our own refusals pass. */
function asRefusal(error: unknown, fileName: string): unknown {
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === 'MillraceError' || name === 'AbortError' || code === 'ENOSPC') return error;
  const message = messageOf(error);
  if (/invalid relative path|absolute path|invalid characters/.test(message)) {
    return modelRefusal(
      'zip-entry',
      `${fileName} is refused: ${message}.`,
      'Pack the model folder again with an ordinary zip program.',
      error,
    );
  }
  return modelRefusal('zip-broken', `${fileName} cannot be unpacked: ${message}.`, 'Copy or download it again.', error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/[.\s]+$/, '') : String(error);
}
