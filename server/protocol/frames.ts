/**
 * The binary frames that host and replica exchange over one local socket.
 *
 *   offset 0        1         2      3          4            8         10           12
 *          magic u8 version u8 type u8 reserved  requestId u32 model u16 headLength u16 bodyLength u32   head …  body …
 *
 * Little-endian. The head is a small fixed record or nothing; the body is a request or response as the client sees it, so
 * that the host forwards bytes and never parses a tensor. `model` names a model of this connection: today a replica holds
 * one, numbered 0, and the field keeps it possible that several share a process.
 *
 * This file owns layout and parsing. Sockets, coalescing and back-pressure are frame-channel.ts.
 */
import { MillraceError } from '../base/errors.ts';

export const frameHeaderBytes = 16;
const magic = 0x4d;
const version = 2;

/** Longest body that a frame may declare, bytes: 1 GiB. A length above it is a corrupt stream, never a big tensor. */
export const maxFrameBodyBytes = 1 << 30;

/** Longest head, bytes. Heads are fixed records of at most 40 bytes. */
const maxFrameHeadBytes = 256;

export const frameTypes = {
  /** host → replica, JSON body LoadCommand: load this model. */
  load: 1,
  /** replica → host, JSON body LoadedReport. */
  loaded: 2,
  /** replica → host, JSON body ErrorBody; the replica exits after it. */
  loadFailed: 3,
  /** host → replica, CallHead + request body. */
  infer: 4,
  /** replica → host, ResultHead + response body. */
  result: 5,
  /** replica → host, JSON body ErrorBody: this request alone failed. */
  failure: 6,
  /** host → replica: nobody waits for this request any more. */
  cancel: 7,
  /** host → replica: finish what is in flight, then exit. */
  stop: 8,
  /** replica → host, JSON body MemoryReport. */
  memory: 9,
} as const;

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

const knownTypes = new Set<number>(Object.values(frameTypes));

export interface Frame {
  readonly type: FrameType;
  readonly requestId: number;
  readonly model: number;
  readonly head: Buffer;
  /** The body in the pieces in which it arrived; none where it is empty. `joined` makes one buffer of them. */
  readonly body: readonly Buffer[];
}

/** One buffer of all pieces; the piece itself, uncopied, where there is one. */
export function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

/** Writes a frame header at `offset`. The caller then writes exactly the declared head and body. */
export function writeFrameHeader(
  target: Buffer,
  offset: number,
  type: FrameType,
  requestId: number,
  headLength: number,
  bodyLength: number,
): void {
  target[offset] = magic;
  target[offset + 1] = version;
  target[offset + 2] = type;
  target[offset + 3] = 0;
  target.writeUInt32LE(requestId, offset + 4);
  target.writeUInt16LE(0, offset + 8);
  target.writeUInt16LE(headLength, offset + 10);
  target.writeUInt32LE(bodyLength, offset + 12);
}

function checkHeader(chunk: Buffer, offset: number): void {
  const bad =
    chunk[offset] !== magic
      ? `magic byte ${chunk[offset]}`
      : chunk[offset + 1] !== version
        ? `frame version ${chunk[offset + 1]}, this side speaks ${version}`
        : !knownTypes.has(chunk[offset + 2]!)
          ? `frame type ${chunk[offset + 2]}`
          : chunk[offset + 3] !== 0
            ? `reserved byte ${chunk[offset + 3]}`
            : chunk.readUInt16LE(offset + 10) > maxFrameHeadBytes
              ? `head of ${chunk.readUInt16LE(offset + 10)} bytes`
              : chunk.readUInt32LE(offset + 12) > maxFrameBodyBytes
                ? `body of ${chunk.readUInt32LE(offset + 12)} bytes`
                : undefined;
  if (bad !== undefined) throw new MillraceError('internal', `The frame stream is corrupt: ${bad}.`);
}

/**
 * What a parser does with the bytes of bodies.
 *
 * - `views`: hands out views of the chunks, copying nothing. A host forwards bodies and need not own them in one piece, and
 *   buffers of hundreds of kilobytes cost a garbage collection every few requests.
 * - `copies`: hands out one buffer per body. For a reader whose chunks all lie in the same memory, and who needs the body whole.
 */
export type BodyOwnership = 'views' | 'copies';

/**
 * Cuts a byte stream into frames, whatever the chunk boundaries. Throws `internal` on a corrupt stream, after which the
 * connection must be closed: there is no way to find the next frame.
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  readonly #ownership: BodyOwnership;
  /** Header and head of a frame whose beginning was cut by a chunk's end. */
  readonly #start = Buffer.allocUnsafe(frameHeaderBytes + maxFrameHeadBytes);
  #startFilled = 0;
  #current: Frame | undefined;
  #pieces: Buffer[] = [];
  #bodyMissing = 0;

  constructor(onFrame: (frame: Frame) => void, ownership: BodyOwnership) {
    this.#onFrame = onFrame;
    this.#ownership = ownership;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#current !== undefined) offset = this.#takeBody(chunk, offset);
      else if (this.#startFilled > 0 || !startsWhole(chunk, offset)) offset = this.#fillStart(chunk, offset);
      else offset = this.#begin(chunk, offset, chunk, offset);
    }
  }

  /** Collects header and head byte by byte counts; begins the frame once both are whole. */
  #fillStart(chunk: Buffer, offset: number): number {
    const start = this.#start;
    const needed = this.#startFilled < frameHeaderBytes ? frameHeaderBytes : frameHeaderBytes + start.readUInt16LE(10);
    const taken = Math.min(needed - this.#startFilled, chunk.length - offset);
    chunk.copy(start, this.#startFilled, offset, offset + taken);
    this.#startFilled += taken;
    if (this.#startFilled < frameHeaderBytes) return offset + taken;
    if (this.#startFilled === frameHeaderBytes) checkHeader(start, 0);
    if (this.#startFilled === frameHeaderBytes + start.readUInt16LE(10)) {
      const whole = Buffer.from(start.subarray(0, this.#startFilled));
      this.#startFilled = 0;
      this.#begin(whole, 0, chunk, offset + taken - whole.length);
    }
    return offset + taken;
  }

  /**
   * Begins the frame whose header lies at `at` of `source`, and takes of `chunk` what follows it there. Returns the offset in
   * `chunk` behind what was taken, given that the header's place in `chunk` is `offset`.
   */
  #begin(source: Buffer, at: number, chunk: Buffer, offset: number): number {
    checkHeader(source, at);
    const headEnd = at + frameHeaderBytes + source.readUInt16LE(at + 10);
    const bodyLength = source.readUInt32LE(at + 12);
    const bodyStart = offset + headEnd - at;
    const copies = this.#ownership === 'copies';
    const head = source.subarray(at + frameHeaderBytes, headEnd);
    this.#pieces = copies && bodyLength > 0 ? [Buffer.allocUnsafe(bodyLength)] : [];
    this.#bodyMissing = bodyLength;
    this.#current = {
      type: source[at + 2] as FrameType,
      requestId: source.readUInt32LE(at + 4),
      model: source.readUInt16LE(at + 8),
      head: copies ? Buffer.from(head) : head,
      body: this.#pieces,
    };
    if (bodyLength === 0) this.#finish();
    else if (source === chunk) return this.#takeBody(chunk, bodyStart);
    return bodyStart;
  }

  #takeBody(chunk: Buffer, offset: number): number {
    const end = Math.min(chunk.length, offset + this.#bodyMissing);
    if (this.#ownership === 'copies') {
      const [whole] = this.#pieces;
      chunk.copy(whole!, whole!.length - this.#bodyMissing, offset, end);
    } else if (end > offset) {
      this.#pieces.push(chunk.subarray(offset, end));
    }
    this.#bodyMissing -= end - offset;
    if (this.#bodyMissing === 0) this.#finish();
    return end;
  }

  #finish(): void {
    const frame = this.#current!;
    this.#current = undefined;
    this.#onFrame(frame);
  }
}

/** Whether header and head of the frame at `offset` lie inside the chunk. */
function startsWhole(chunk: Buffer, offset: number): boolean {
  const left = chunk.length - offset;
  return left >= frameHeaderBytes && left >= frameHeaderBytes + chunk.readUInt16LE(offset + 10);
}
