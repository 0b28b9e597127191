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
const version = 1;

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
  readonly body: Buffer;
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
 * Cuts a byte stream into frames, whatever the chunk boundaries. A frame that lies inside one chunk is handed out as a view
 * of it; a longer one is assembled once, in a buffer of exactly its length. Throws `internal` on a corrupt stream, after
 * which the connection must be closed: there is no way to find the next frame.
 */
export class FrameParser {
  #onFrame: (frame: Frame) => void;
  #header = Buffer.allocUnsafe(frameHeaderBytes);
  #headerFilled = 0;
  #payload: Buffer | undefined;
  #payloadFilled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#payload !== undefined) {
        offset = this.#fillPayload(chunk, offset);
      } else if (this.#headerFilled > 0 || chunk.length - offset < frameHeaderBytes) {
        offset = this.#fillHeader(chunk, offset);
      } else {
        checkHeader(chunk, offset);
        const end = offset + frameHeaderBytes + payloadLength(chunk, offset);
        if (end <= chunk.length) {
          this.#emit(chunk, offset, chunk, offset + frameHeaderBytes);
          offset = end;
        } else {
          offset = this.#fillHeader(chunk, offset);
        }
      }
    }
  }

  #fillHeader(chunk: Buffer, offset: number): number {
    const taken = Math.min(frameHeaderBytes - this.#headerFilled, chunk.length - offset);
    chunk.copy(this.#header, this.#headerFilled, offset, offset + taken);
    this.#headerFilled += taken;
    if (this.#headerFilled === frameHeaderBytes) {
      checkHeader(this.#header, 0);
      this.#payload = Buffer.allocUnsafeSlow(payloadLength(this.#header, 0));
      this.#payloadFilled = 0;
      if (this.#payload.length === 0) this.#finishPayload();
    }
    return offset + taken;
  }

  #fillPayload(chunk: Buffer, offset: number): number {
    const payload = this.#payload!;
    const taken = Math.min(payload.length - this.#payloadFilled, chunk.length - offset);
    chunk.copy(payload, this.#payloadFilled, offset, offset + taken);
    this.#payloadFilled += taken;
    if (this.#payloadFilled === payload.length) this.#finishPayload();
    return offset + taken;
  }

  #finishPayload(): void {
    const payload = this.#payload!;
    this.#payload = undefined;
    this.#headerFilled = 0;
    this.#emit(this.#header, 0, payload, 0);
  }

  #emit(header: Buffer, at: number, payload: Buffer, from: number): void {
    const headEnd = from + header.readUInt16LE(at + 10);
    this.#onFrame({
      type: header[at + 2] as FrameType,
      requestId: header.readUInt32LE(at + 4),
      model: header.readUInt16LE(at + 8),
      head: payload.subarray(from, headEnd),
      body: payload.subarray(headEnd, headEnd + header.readUInt32LE(at + 12)),
    });
  }
}

function payloadLength(header: Buffer, at: number): number {
  return header.readUInt16LE(at + 10) + header.readUInt32LE(at + 12);
}
