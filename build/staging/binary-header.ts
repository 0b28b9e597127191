/**
 * What system and processor a program or library is for, read from its first bytes: ELF, PE and Mach-O. A wrong one would be
 * noticed by the first user of that system, long after it was packed.
 */

export interface BinaryKind {
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64' | 'other';
}

/** So many bytes of a file suffice: a PE header lies behind a stub for DOS whose length varies. */
export const headerBytes = 4096;

/** One for each processor that the file has code for; none where it is no binary. */
export function binaryKinds(head: Buffer): BinaryKind[] {
  if (head.length < 64) return [];
  if (head.readUInt32BE(0) === 0x7f454c46) return [{ platform: 'linux', arch: elfArch(head) }];
  if (head.readUInt16BE(0) === 0x4d5a) return peKinds(head);
  // 64-bit, as every Mac since 2007 writes it; the other byte order is PowerPC's.
  if (head.readUInt32LE(0) === 0xfeedfacf) return [{ platform: 'darwin', arch: machArch(head.readUInt32LE(4)) }];
  if (head.readUInt32BE(0) === 0xcafebabe) return fatKinds(head);
  return [];
}

function elfArch(head: Buffer): BinaryKind['arch'] {
  const isLittleEndian64 = head[4] === 2 && head[5] === 1;
  const machine = head.readUInt16LE(18);
  if (!isLittleEndian64) return 'other';
  return machine === 62 ? 'x64' : machine === 183 ? 'arm64' : 'other';
}

function peKinds(head: Buffer): BinaryKind[] {
  const start = head.readUInt32LE(0x3c);
  if (start + 6 > head.length || head.readUInt32BE(start) !== 0x50450000) return [];
  const machine = head.readUInt16LE(start + 4);
  return [{ platform: 'win32', arch: machine === 0x8664 ? 'x64' : machine === 0xaa64 ? 'arm64' : 'other' }];
}

function fatKinds(head: Buffer): BinaryKind[] {
  const count = head.readUInt32BE(4);
  // The same four bytes begin a compiled Java class, whose next number is its version, 45 or more.
  if (count > 8) return [];
  return Array.from({ length: count }, (_, index) => ({
    platform: 'darwin' as const,
    arch: machArch(head.readUInt32BE(8 + index * 20)),
  }));
}

function machArch(type: number): BinaryKind['arch'] {
  return type === 0x0100000c ? 'arm64' : type === 0x01000007 ? 'x64' : 'other';
}
