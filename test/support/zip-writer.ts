/** Writes zip archives for tests, honest and hostile: every name, mode and size is written as it is given. Nothing is checked. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Unix mode. Default: a regular file, 0644. */
  readonly mode?: number;
  readonly deflate?: boolean;
  /** Size to claim instead of the real one. */
  readonly claimedBytes?: number;
}

export const LINK_MODE = 0o120777;
export const DEVICE_MODE = 0o020666;

export function zip(entries: readonly ZipEntry[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644, deflate = false, claimedBytes } of entries) {
    const raw = Buffer.from(content as string);
    const stored = deflate ? deflateRawSync(raw) : raw;
    const nameBytes = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2); // The name is UTF-8.
    facts.writeUInt16LE(deflate ? 8 : 0, 4);
    facts.writeUInt32LE(crc32(raw), 10);
    facts.writeUInt32LE(stored.length, 14);
    facts.writeUInt32LE(claimedBytes ?? raw.length, 18);
    facts.writeUInt16LE(nameBytes.length, 22);
    bodies.push(Buffer.from('PK\x03\x04', 'latin1'), facts, nameBytes, stored);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode * 65_536, 6);
    tail.writeUInt32LE(offset, 10);
    // Made on Unix, so that the mode counts.
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, tail, nameBytes);
    offset += 30 + nameBytes.length + stored.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Math.min(entries.length, 0xffff), 8);
  end.writeUInt16LE(Math.min(entries.length, 0xffff), 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}
