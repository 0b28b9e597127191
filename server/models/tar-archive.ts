/**
 * Unpacks a tar archive, compressed by gzip or not, into staging, by the same rules as a zip. A tar has no list of its entries: it is
 * read twice, first to judge, then to write.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import { ArchiveRules, maxTotalBytes } from './archive-rules.ts';
import type { ArchiveHooks } from './archive-rules.ts';
import { modelRefusal, sizeText } from './model-refusal.ts';

/** Heads and padding beside the files: 1.5 kB for each entry. */
const maxStreamBytes = maxTotalBytes + 10_000 * 1536;

/** By its first bytes: `ustar` in the head of the first entry, or gzip, in which nothing else is imported. */
export async function isTar(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return true;
    return bytesRead === 512 && buffer.toString('latin1', 257, 262) === 'ustar';
  } finally {
    await handle.close();
  }
}

/** Throws `model-refused`; the caller removes `into`, where nothing else is. */
export async function extractTar(path: string, fileName: string, into: string, hooks: ArchiveHooks): Promise<void> {
  const rules = new ArchiveRules('tar', fileName);
  const expected = new Map<string, number>();
  await readEntries(path, fileName, hooks.signal, async (entry) => {
    const name = nameOf(entry);
    if (name !== '') judge(entry, name, rules, expected);
    for await (const _ of entry as AsyncIterable<Buffer>);
  });
  rules.finish((await stat(path)).size);
  await hooks.checkSpace(rules.totalBytes);
  let doneBytes = 0;
  await readEntries(path, fileName, hooks.signal, async (entry) => {
    const name = nameOf(entry);
    if (expected.get(name) === entry.size && isFile(entry)) {
      await writeEntry(entry, join(into, name), (bytes) => hooks.onBytes((doneBytes += bytes), rules.totalBytes));
      expected.delete(name);
    }
    for await (const _ of entry as AsyncIterable<Buffer>);
  });
  // Another program wrote to it between the two readings.
  if (expected.size > 0) throw broken(fileName, 'it changed while it was read');
}

function judge(entry: ReadEntry, name: string, rules: ArchiveRules, expected: Map<string, number>): void {
  rules.checkName(name);
  if (entry.type === 'Directory') return;
  if (!isFile(entry)) throw rules.refusal(name, 'is a link or a device');
  if (rules.addFile(name, entry.size)) expected.set(name, entry.size);
}

function isFile({ type }: ReadEntry): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}

/** Many programs begin every name with `./`. */
function nameOf({ path }: ReadEntry): string {
  return path.replace(/^(?:\.\/)+/, '').replace(/^\.$/, '');
}

async function writeEntry(entry: ReadEntry, target: string, onBytes: (bytes: number) => void): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const handle = await open(target, 'wx', 0o600);
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      await handle.writeFile(chunk);
      onBytes(chunk.length);
    }
  } finally {
    await handle.close();
  }
}

/** Hands over one entry after the other; each has been read to its end when the promise of `onEntry` resolves. */
async function readEntries(
  path: string,
  fileName: string,
  signal: AbortSignal | undefined,
  onEntry: (entry: ReadEntry) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  let failure: unknown;
  let count = 0;
  let last = Promise.resolve();
  const fail = (error: unknown): void => {
    failure ??= error;
    abort.abort();
  };
  const parser = new Parser({
    // Its own bound on the ratio is lower than ours is for small archives.
    maxDecompressionRatio: Infinity,
    strict: true,
    onReadEntry(entry) {
      count++;
      last = onEntry(entry).catch(fail);
    },
  });
  parser.on('error', fail);
  parser.on('warn', (_code: string, message: string) => fail(broken(fileName, message)));
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve);
    abort.signal.addEventListener('abort', () => resolve());
  });
  try {
    const source = createReadStream(path);
    await pipeline(
      source,
      (await isGzip(path)) ? createGunzip() : new PassThrough(),
      async (chunks: AsyncIterable<Buffer>) => {
        let bytes = 0;
        for await (const chunk of chunks) {
          if ((bytes += chunk.length) > maxStreamBytes) throw tooLarge(fileName);
          if (!parser.write(chunk)) await drained(parser, abort.signal);
        }
        parser.end();
        await ended;
        await last;
      },
      { signal: signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]) },
    );
  } catch (error) {
    signal?.throwIfAborted();
    failure ??= error;
  }
  if (failure !== undefined) throw asRefusal(failure, fileName);
  if (count === 0) throw broken(fileName, 'nothing is in it');
}

function drained(parser: Parser, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    parser.on('drain', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function asRefusal(error: unknown, fileName: string): unknown {
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === 'MillraceError' || code === 'ENOSPC') return error;
  return broken(fileName, error instanceof Error ? error.message.replace(/[.\s]+$/, '') : String(error), error);
}

function broken(fileName: string, what: string, cause?: unknown): Error {
  return modelRefusal(
    'tar-broken',
    `${fileName} is no complete tar archive: ${what}.`,
    'Copy or download it again.',
    cause,
  );
}

function tooLarge(fileName: string): Error {
  return modelRefusal(
    'tar-size',
    `${fileName} unpacks to more than ${sizeText(maxTotalBytes)}.`,
    'Import the models one by one.',
  );
}
