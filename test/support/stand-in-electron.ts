/**
 * A folder that electron-builder takes for an unpacked Electron for Linux, where the real one cannot be had: the files that it looks
 * for, and a program with a fuse wire as Electron's has. It cannot be started.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** By which the fuses are found in the program (from Electron's documentation of its fuses). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** As Electron ships: what is on by default is on. */
const wireAsShipped = '101100100';

export async function writeStandInElectron(folder: string, version: string): Promise<void> {
  await mkdir(join(folder, 'resources'), { recursive: true });
  await mkdir(join(folder, 'locales'));
  const wire = Buffer.concat([
    Buffer.from(sentinel),
    Buffer.from([1, wireAsShipped.length]),
    Buffer.from(wireAsShipped),
  ]);
  const program = Buffer.concat([elfHead(), Buffer.alloc(64 * 1024), wire, Buffer.alloc(1024)]);
  await writeFile(join(folder, 'electron'), program);
  await chmod(join(folder, 'electron'), 0o755);
  await writeFile(join(folder, 'chrome-sandbox'), elfHead());
  await writeFile(join(folder, 'chrome_crashpad_handler'), elfHead());
  await writeFile(join(folder, 'version'), version);
  await writeFile(join(folder, 'locales', 'en-US.pak'), '');
  await writeFile(join(folder, 'locales', 'de.pak'), '');
  await writeFile(join(folder, 'LICENSE'), 'Electron');
  await writeFile(join(folder, 'LICENSES.chromium.html'), 'Chromium');
}

function elfHead(): Buffer {
  const head = Buffer.alloc(64);
  head.writeUInt32BE(0x7f454c46, 0);
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(62, 18);
  return head;
}
