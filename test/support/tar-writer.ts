/** Writes tar archives for tests, honest and hostile: every name, type and size is written as it is given. Nothing is checked. */

export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** Type flag of ustar: '0' a file, '1' a hard link, '2' a symbolic link, '3' a device, '5' a folder. Default '0'. */
  readonly type?: string;
  readonly link?: string;
  /** Size to claim instead of the real one. */
  readonly claimedBytes?: number;
}

const blockBytes = 512;

export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, content = '', type = '0', link = '', claimedBytes }) => {
    const bytes = Buffer.from(content as string);
    const head = Buffer.alloc(blockBytes);
    head.write(name, 0, 100, 'utf8');
    head.write('0000644\0', 100);
    head.write('0000000\0', 108);
    head.write('0000000\0', 116);
    head.write(`${(claimedBytes ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
    head.write('00000000000\0', 136);
    head.write(' '.repeat(8), 148);
    head.write(type, 156);
    head.write(link, 157, 100, 'utf8');
    head.write('ustar\0', 257);
    head.write('00', 263);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}
