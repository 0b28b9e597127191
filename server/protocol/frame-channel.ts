/**
 * One end of the framed connection between host and replica: sends frames, many per write, and hands out those that arrive.
 *
 * Writes are coalesced. Small frames are copied into one buffer and leave together; a large body is passed on by reference.
 * `send` with `'now'` leaves at the end of the current callback, which an idle peer needs; `'soon'` waits until the
 * event loop has read what else is there, which costs fewer system calls while the peer is busy anyway.
 */
import type { Duplex } from 'node:stream';
import { FrameParser, frameHeaderBytes, writeFrameHeader } from './frames.ts';
import type { BodyOwnership, Frame, FrameType } from './frames.ts';

/** Bodies up to this many bytes are copied into the shared write; above it a copy costs more than one more vector. */
const copyLimitBytes = 8192;

/** So many frames leave even if they may wait: the other side then works on them while this one reads on. */
const earlyFlushFrames = 16;

const noBytes = Buffer.alloc(0);

export type FlushTime = 'now' | 'soon';

export interface FrameChannelEvents {
  onFrame(frame: Frame): void;
  /** The other end is gone or the stream is corrupt; called once, with the reason where there is one. */
  onClose(error: Error | undefined): void;
}

interface PendingFrame {
  readonly type: FrameType;
  readonly requestId: number;
  readonly head: Buffer;
  readonly chunks: readonly Uint8Array[];
  readonly bodyLength: number;
}

export class FrameChannel {
  readonly #socket: Duplex;
  readonly #events: FrameChannelEvents;
  readonly #parser: FrameParser;
  #pending: PendingFrame[] = [];
  #scheduled: FlushTime | undefined;
  #closed = false;
  #flush = (): void => this.flush();

  /** With `copies` the owner of the socket calls `receive` itself, from a buffer that it reads into again and again. */
  constructor(socket: Duplex, events: FrameChannelEvents, bodies: BodyOwnership = 'views') {
    this.#socket = socket;
    this.#events = events;
    this.#parser = new FrameParser((frame) => events.onFrame(frame), bodies);
    if (bodies === 'views') socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.#close(error));
    socket.on('close', () => this.#close(undefined));
    socket.on('end', () => this.#close(undefined));
  }

  /** Takes bytes that have arrived. */
  receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#close(error as Error);
    }
  }

  /** Queues one frame. Ordering is kept. After the channel has closed it does nothing: `onClose` has told the owner. */
  send(type: FrameType, requestId: number, head: Buffer, chunks: readonly Uint8Array[], when: FlushTime): void {
    if (this.#closed) return;
    let bodyLength = 0;
    for (const chunk of chunks) bodyLength += chunk.byteLength;
    this.#pending.push({ type, requestId, head, chunks, bodyLength });
    if (when === 'now' || this.#pending.length >= earlyFlushFrames) {
      if (this.#scheduled !== 'now') queueMicrotask(this.#flush);
      this.#scheduled = 'now';
    } else if (this.#scheduled === undefined) {
      this.#scheduled = 'soon';
      setImmediate(this.#flush);
    }
  }

  sendJson(type: FrameType, requestId: number, body: unknown): void {
    this.send(type, requestId, noBytes, [Buffer.from(JSON.stringify(body))], 'now');
  }

  /** Writes what is pending. Called by the schedule; calling it with nothing pending does nothing. */
  flush(): void {
    this.#scheduled = undefined;
    const pending = this.#pending;
    if (pending.length === 0 || this.#closed) return;
    this.#pending = [];
    let copied = 0;
    for (const frame of pending) copied += frameHeaderBytes + frame.head.length + copiedBytes(frame);
    const buffer = Buffer.allocUnsafe(copied);
    this.#socket.cork();
    let written = 0;
    let offset = 0;
    for (const frame of pending) {
      writeFrameHeader(buffer, offset, frame.type, frame.requestId, frame.head.length, frame.bodyLength);
      offset += frameHeaderBytes;
      offset += frame.head.copy(buffer, offset);
      for (const chunk of frame.chunks) {
        if (frame.bodyLength <= copyLimitBytes) {
          buffer.set(chunk, offset);
          offset += chunk.byteLength;
        } else {
          if (offset > written) this.#socket.write(buffer.subarray(written, offset));
          written = offset;
          this.#socket.write(chunk);
        }
      }
    }
    if (offset > written) this.#socket.write(buffer.subarray(written, offset));
    this.#socket.uncork();
  }

  /** Sends what is pending, then ends the connection. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  destroy(): void {
    this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#socket.destroy();
    this.#events.onClose(error);
  }
}

function copiedBytes(frame: PendingFrame): number {
  return frame.bodyLength <= copyLimitBytes ? frame.bodyLength : 0;
}
