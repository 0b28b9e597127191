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
import { describeZip } from './file-kind.ts';
import { modelRefusal, sizeText } from './model-refusal.ts';
import { isPlainSegment } from './path-segment.ts';

/** A repository of fifty models with ten files each has 500. */
const maxEntries = 10_000;
const maxTotalBytes = 20_000_000_000;
/** Deflate reaches 1032 at most; weights reach 2, texts and zeros in padding more. Small archives may be odd. */
const maxRatio = 200;
const ratioFreeBytes = 100_000_000;
const maxPathCharacters = 400;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;

export interface ArchiveHooks {
  /** Asked with the unpacked size before anything is written. */
  readonly checkSpace: (neededBytes: number) => Promise<void>;
  readonly onBytes: (bytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

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
  if (zip.entryCount > maxEntries) {
    throw modelRefusal(
      'zip-entries',
      `${fileName} has ${zip.entryCount} entries; at most ${maxEntries} are unpacked.`,
      'Pack the model alone.',
    );
  }
  const entries: Entry[] = [];
  const seen = new Map<string, string>();
  let compressedBytes = 0;
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (entries.length >= maxEntries) throw refuseEntry(fileName, name, 'is one of too many');
    checkEntry(entry, fileName);
    // macOS adds a folder of its own to archives.
    if (name.startsWith('__MACOSX/') || name.endsWith('/')) continue;
    const key = name.normalize('NFC').toLowerCase();
    const first = seen.get(key);
    if (first !== undefined)
      throw refuseEntry(
        fileName,
        name,
        `has the same name as ${JSON.stringify(first)}, apart from upper and lower case`,
      );
    seen.set(key, name);
    compressedBytes += entry.compressedSize;
    totalBytes += entry.uncompressedSize;
    if (totalBytes > maxTotalBytes) {
      throw modelRefusal(
        'zip-size',
        `${fileName} unpacks to more than ${sizeText(maxTotalBytes)}.`,
        'Import the models one by one.',
      );
    }
    entries.push(entry);
  }
  if (totalBytes > ratioFreeBytes && totalBytes > compressedBytes * maxRatio) {
    throw modelRefusal(
      'zip-bomb',
      `${fileName} unpacks to ${sizeText(totalBytes)}, ${Math.round(totalBytes / compressedBytes)} times its size: that is no model.`,
      'Pack the model again.',
    );
  }
  for (const key of seen.keys()) {
    for (let at = key.indexOf('/'); at !== -1; at = key.indexOf('/', at + 1)) {
      const folder = seen.get(key.slice(0, at));
      if (folder !== undefined) throw refuseEntry(fileName, folder, 'is both a file and a folder');
    }
  }
  const names = entries.map(({ fileName: name }) => name);
  const wrong = names.some((name) => /\.onnx$/i.test(name)) ? undefined : describeZip(names.join('\n'));
  if (wrong !== undefined && wrong.reason !== 'zip') {
    throw modelRefusal(wrong.reason, `${fileName} is ${wrong.is}, not an ONNX model.`, wrong.hint);
  }
  return entries;
}

function checkEntry(entry: Entry, fileName: string): void {
  const name = entry.fileName;
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const segments = path.split('/');
  if (/^[/\\]|^[A-Za-z]:/.test(name)) throw refuseEntry(fileName, name, 'is an absolute path');
  if (segments.includes('..') || /(?:^|\\)\.\.(?:\\|$)/.test(name))
    throw refuseEntry(fileName, name, 'leads out of the archive');
  if (!segments.every(isPlainSegment) || name.length > maxPathCharacters)
    throw refuseEntry(fileName, name, 'is no plain file name');
  // The upper half holds the Unix mode where Unix or macOS made the entry, and is 0 where Windows did.
  const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
  if (type !== 0 && type !== regularFile && type !== directory)
    throw refuseEntry(fileName, name, 'is a link or a device');
  if (entry.isEncrypted()) throw refuseEntry(fileName, name, 'is encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw refuseEntry(fileName, name, `is compressed by method ${entry.compressionMethod}; deflate is read`);
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

function refuseEntry(fileName: string, name: string, what: string): Error {
  return modelRefusal(
    'zip-entry',
    `${fileName} is refused: its entry ${JSON.stringify(name.slice(0, 120))} ${what}.`,
    'Pack the model folder again with an ordinary zip program.',
  );
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
