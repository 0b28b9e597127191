/** A source in memory, with the faults of real ones: it can stall, cut, lie, change and be gone. No socket and no timer. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { changed } from '../../server/sources/directory-source.ts';
import type {
  ModelSource,
  OpenedObject,
  OpenOptions,
  PutOptions,
  SourceEntry,
} from '../../server/sources/model-source.ts';
import { sourceFailure } from '../../server/sources/source-failure.ts';

export interface OpenFault {
  /** Bytes of this answer before the connection is cut. */
  readonly cutAfter?: number;
  /** Size that the answer claims. */
  readonly claims?: number;
  /** Begins at 0 whatever was asked. */
  readonly ignoresRange?: boolean;
  /** Throws instead of answering. */
  readonly throws?: Error;
  /** More bytes than the object has. */
  readonly extra?: number;
}

export class MemorySource implements ModelSource {
  readonly address = 'memory';
  readonly objects = new Map<string, Buffer>();
  /** Etags that are not the bytes' own. */
  readonly etags = new Map<string, string>();
  /** Taken one by one by the next `open` of the key. */
  readonly faults = new Map<string, OpenFault[]>();
  /** Every open, in order: key and first byte. */
  readonly opened: string[] = [];
  listings = 0;
  listFailure: Error | undefined;
  /** Runs before each listing. */
  beforeList: (listing: number) => void = () => {};
  beforeOpen: (key: string) => void = () => {};
  isClosed = false;

  put(key: string, { body }: PutOptions): Promise<void>;
  put(key: string, bytes: string | Buffer): void;
  put(key: string, content: string | Buffer | PutOptions): Promise<void> | void {
    if (typeof content === 'string' || Buffer.isBuffer(content)) {
      this.objects.set(key, Buffer.from(content));
      return;
    }
    return this.#putStream(key, content);
  }

  async #putStream(key: string, { body, onBytes }: PutOptions): Promise<void> {
    const [fault] = this.faults.get(key)?.splice(0, 1) ?? [];
    if (fault?.throws !== undefined) throw fault.throws;
    const pieces: Buffer[] = [];
    for await (const piece of body() as AsyncIterable<Buffer>) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    onBytes?.(bytes.length);
    this.opened.push(`put ${key}`);
    this.objects.set(key, bytes);
  }

  etagOf(key: string): string {
    return this.etags.get(key) ?? createHash('md5').update(this.objects.get(key)!).digest('hex');
  }

  entry(key: string): SourceEntry {
    return { key, sizeBytes: this.objects.get(key)!.length, etag: this.etagOf(key) };
  }

  async *list(): AsyncGenerator<readonly SourceEntry[]> {
    this.beforeList(++this.listings);
    if (this.listFailure !== undefined) throw this.listFailure;
    yield [...this.objects.keys()].map((key) => this.entry(key));
  }

  async open(key: string, { etag, fromByte = 0, signal }: OpenOptions): Promise<OpenedObject> {
    signal?.throwIfAborted();
    this.opened.push(`${key} ${fromByte}`);
    this.beforeOpen(key);
    const bytes = this.objects.get(key);
    if (bytes === undefined) throw sourceFailure('missing', `${key} is gone.`, 'Sync again.');
    if (this.etagOf(key) !== etag) throw changed(key);
    const [fault = {}] = this.faults.get(key)?.splice(0, 1) ?? [];
    if (fault.throws !== undefined) throw fault.throws;
    const from = fault.ignoresRange === true ? 0 : fromByte;
    const all = fault.extra === undefined ? bytes : Buffer.concat([bytes, Buffer.alloc(fault.extra)]);
    const sent = all.subarray(from, fault.cutAfter === undefined ? undefined : from + fault.cutAfter);
    return {
      sizeBytes: fault.claims ?? bytes.length,
      fromByte: from,
      body: streamOf(sent, fault.cutAfter !== undefined),
    };
  }

  close(): void {
    this.isClosed = true;
  }
}

/** In pieces, as a network gives them. */
function streamOf(bytes: Buffer, isCut: boolean): Readable {
  const pieceBytes = Math.max(1, Math.ceil(bytes.length / 4));
  return Readable.from(
    (async function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
      if (isCut) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    })(),
    { objectMode: false },
  );
}
