/**
 * Signs what electron-builder has written about a release (`latest*.yml`), and makes of each release one file that can be carried to
 * a machine without the internet.
 */
import { createWriteStream } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { signList, signatureEnding } from '../../server/updating/update-signature.ts';
import { parcelEnding } from '../../server/updating/update-parcel.ts';

/** The files of a release as its list names them. */
export function filesOfList(list: string): string[] {
  return [...list.matchAll(/^\s*-\s*url:\s*(.+?)\s*$/gm)].map((match) => match[1]!.replaceAll(/^['"]|['"]$/g, ''));
}

/** `privateKey`: PEM of an Ed25519 key. Returns the paths of what was made. */
export async function signRelease(folder: string, privateKey: string): Promise<string[]> {
  const lists = (await readdir(folder)).filter((name) => /^latest.*\.yml$/.test(name)).toSorted();
  const made: string[] = [];
  for (const name of lists) {
    const list = await readFile(join(folder, name));
    const signature = signList(list, privateKey);
    await writeFile(join(folder, `${name}${signatureEnding}`), signature);
    made.push(join(folder, `${name}${signatureEnding}`));
    for (const file of filesOfList(list.toString())) {
      made.push(await writeParcel(folder, [name, `${name}${signatureEnding}`], file));
    }
  }
  return made;
}

async function writeParcel(folder: string, lists: readonly string[], file: string): Promise<string> {
  const path = join(folder, `${file}${parcelEnding}`);
  const zip = new ZipFile();
  // Installers are compressed already.
  for (const name of [...lists, file]) zip.addFile(join(folder, name), name, { compress: false });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}
