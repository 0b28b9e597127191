/**
 * A file, or bytes in memory, read from anywhere through a window of 64 KiB: what lets protobuf-reader.ts walk a model of
 * gigabytes without holding it. Reads are synchronous, because a parser that waits for each byte would take minutes; whoever
 * reads large models beside requests does so in a process of its own.
 */
import { readSync } from 'node:fs';

const windowBytes = 64 * 1024;

export class ByteSource {
  readonly sizeBytes: number;
  readonly #read: (into: Buffer, offset: number) => number;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  private constructor(sizeBytes: number, read: (into: Buffer, offset: number) => number) {
    this.sizeBytes = sizeBytes;
    this.#read = read;
  }

  /** Of an open file that nobody writes meanwhile; the caller closes it. */
  static ofFile(descriptor: number, sizeBytes: number): ByteSource {
    return new ByteSource(sizeBytes, (into, offset) => readSync(descriptor, into, 0, into.length, offset));
  }

  static ofBytes(bytes: Uint8Array): ByteSource {
    return new ByteSource(bytes.byteLength, (into, offset) => {
      into.set(bytes.subarray(offset, offset + into.length));
      return Math.min(into.length, bytes.byteLength - offset);
    });
  }

  /** The byte at `offset`, which is below `sizeBytes`. A file that has become shorter reads as zeros. */
  byteAt(offset: number): number {
    const at = offset - this.#windowStart;
    if (at >= 0 && at < this.#window.length) return this.#window[at]!;
    const window = Buffer.alloc(Math.min(windowBytes, this.sizeBytes - offset));
    this.#read(window, offset);
    this.#window = window;
    this.#windowStart = offset;
    return window[0]!;
  }

  /** A copy; the caller bounds `lengthBytes`. */
  bytes(offset: number, lengthBytes: number): Buffer {
    const at = offset - this.#windowStart;
    if (at >= 0 && at + lengthBytes <= this.#window.length) {
      return Buffer.from(this.#window.subarray(at, at + lengthBytes));
    }
    const copy = Buffer.alloc(Math.max(0, Math.min(lengthBytes, this.sizeBytes - offset)));
    if (copy.length > 0) this.#read(copy, offset);
    return copy;
  }
}
