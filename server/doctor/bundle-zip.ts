/** A bundle as one zip file: the only importer of yazl. */
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** A stream of the file. Names have no folders of ours in them. */
export function zipOf(files: ReadonlyMap<string, string>, createdAt: Date): Readable {
  const zip = new ZipFile();
  for (const [name, text] of files)
    zip.addBuffer(Buffer.from(text), `millrace-diagnostics/${name}`, { mtime: createdAt });
  zip.end();
  return zip.outputStream as Readable;
}
