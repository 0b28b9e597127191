/**
 * An update as one file, for machines without the internet: a zip with the release's list, its signature and one installer. It is
 * unpacked into a folder of our own and offered on loopback as a release's address would be, so that it takes the same way, with
 * the same checks, as an update from the network.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { MillraceError } from '../base/errors.ts';

export const parcelEnding = '.millrace-update.zip';

/** An installer has 150 to 250 MB. */
const maxEntryBytes = 2 ** 30;
const maxEntries = 8;
/** Names as electron-builder makes them; no folder, no leading dot. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,120}$/;

/** Unpacks into `folder`, which is emptied first. Throws `invalid-request`, and leaves nothing then. */
export async function unpackParcel(path: string, folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names: string[] = [];
  try {
    const zip = await openPromise(path, { lazyEntries: true, strictFileNames: true });
    for await (const entry of zip.eachEntry()) {
      const { fileName, uncompressedSize } = entry;
      if (!namePattern.test(fileName) || uncompressedSize > maxEntryBytes || names.length >= maxEntries) {
        throw notOurs(`it holds ${JSON.stringify(fileName.slice(0, 80))}`);
      }
      await pipeline(
        await zip.openReadStreamPromise(entry),
        createWriteStream(join(folder, fileName), { mode: 0o600 }),
      );
      names.push(fileName);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error instanceof MillraceError ? error : notOurs((error as Error).message, error);
  }
  if (!names.some((name) => name.endsWith('.yml.sig'))) throw notOurs('it has no signature');
  return names;
}

export interface ParcelAddress {
  /** With a part that nobody can guess. */
  readonly url: string;
  close(): Promise<void>;
}

/** Offers the files of an unpacked parcel, and nothing else of the folder, on a port of this machine. */
export async function offerParcel(folder: string, names: readonly string[]): Promise<ParcelAddress> {
  const secret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => {
    const [, word, encoded = ''] = (request.url ?? '').split('?')[0]!.split('/');
    const name = names.find((each) => encodeURIComponent(each) === encoded || each === encoded);
    if (word !== secret || name === undefined || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    void stat(join(folder, name)).then(({ size }) => {
      response.writeHead(200, { 'Content-Length': size, 'Content-Type': 'application/octet-stream' });
      return pipeline(createReadStream(join(folder, name)), response).catch(() => {});
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function notOurs(what: string, cause?: unknown): MillraceError {
  return new MillraceError('invalid-request', `This file is no update of Millrace: ${what}.`, {
    hint: `Updates are files whose name ends in ${parcelEnding}.`,
    ...(cause !== undefined && { cause }),
  });
}
