import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import {
  FrameParser,
  frameHeaderBytes,
  frameTypes,
  maxFrameBodyBytes,
  writeFrameHeader,
} from '../../server/protocol/frames.ts';
import type { BodyOwnership, Frame, FrameType } from '../../server/protocol/frames.ts';

function encode(type: FrameType, requestId: number, head: Uint8Array, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + head.length + body.length);
  writeFrameHeader(bytes, 0, type, requestId, head.length, body.length);
  bytes.set(head, frameHeaderBytes);
  bytes.set(body, frameHeaderBytes + head.length);
  return bytes;
}

interface Parsed {
  readonly type: number;
  readonly requestId: number;
  readonly head: string;
  readonly body: string;
}

/** With `copies` every chunk is overwritten once it has been pushed, as a buffer that is read into again. */
function parse(chunks: readonly Buffer[], bodies: BodyOwnership = 'views'): Parsed[] {
  const frames: Frame[] = [];
  const parser = new FrameParser((each) => frames.push(each), bodies);
  for (const chunk of chunks) {
    const pushed = Buffer.from(chunk);
    parser.push(pushed);
    if (bodies === 'copies') pushed.fill(0xee);
  }
  return frames.map(({ type, requestId, head, body }) => ({
    type,
    requestId,
    head: head.toString('hex'),
    body: Buffer.concat(body).toString('hex'),
  }));
}

/** The stream cut at the given places, taken modulo its length. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (stream.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => stream.subarray(from, at[index] ?? stream.length));
}

const frame = fc.record({
  type: fc.constantFrom(...Object.values(frameTypes)),
  requestId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  head: fc.uint8Array({ maxLength: 256 }),
  body: fc.uint8Array({ maxLength: 3000 }),
});

const ownership = fc.constantFrom<BodyOwnership>('views', 'copies');

describe('the frame parser', () => {
  it('gives back every frame, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.nat(40_000), { maxLength: 60 }),
        ownership,
        (frames, places, bodies) => {
          const stream = Buffer.concat(
            frames.map(({ type, requestId, head, body }) => encode(type, requestId, head, body)),
          );
          expect(parse(cut(stream, places), bodies)).toEqual(
            frames.map(({ type, requestId, head, body }) => ({
              type,
              requestId,
              head: Buffer.from(head).toString('hex'),
              body: Buffer.from(body).toString('hex'),
            })),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads a stream that comes byte by byte', () => {
    const stream = Buffer.concat([
      encode(frameTypes.infer, 7, Buffer.from('head'), Buffer.from('body')),
      encode(frameTypes.stop, 0, Buffer.alloc(0), Buffer.alloc(0)),
    ]);
    const frames = parse([...stream].map((byte) => Buffer.from([byte])));
    expect(frames.map(({ type, requestId }) => [type, requestId])).toEqual([
      [frameTypes.infer, 7],
      [frameTypes.stop, 0],
    ]);
  });

  it('refuses arbitrary bytes with an error of ours, and never hangs or makes up a frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), ownership, (chunks, bodies) => {
        try {
          const frames = parse(
            chunks.map((chunk) => Buffer.from(chunk)),
            bodies,
          );
          for (const { type } of frames) expect(Object.values(frameTypes)).toContain(type);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses one flipped bit in any byte of magic, version, type and reserved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 7 }), (byte, bit) => {
        const stream = encode(frameTypes.infer, 1, Buffer.alloc(0), Buffer.from('x'));
        stream[byte]! ^= 1 << bit;
        const known = Object.values(frameTypes).includes(stream[2] as FrameType);
        if (byte === 2 && known) return;
        expect(() => parse([stream])).toThrow(/corrupt/);
      }),
    );
  });

  it('refuses a length that no frame has before it allocates a byte', () => {
    const stream = encode(frameTypes.infer, 1, Buffer.alloc(0), Buffer.alloc(0));
    stream.writeUInt32LE(maxFrameBodyBytes + 1, 12);
    expect(() => parse([stream])).toThrow(`body of ${maxFrameBodyBytes + 1} bytes`);
    const longHead = encode(frameTypes.infer, 1, Buffer.alloc(0), Buffer.alloc(0));
    longHead.writeUInt16LE(257, 10);
    expect(() => parse([longHead])).toThrow('head of 257 bytes');
  });

  it('copies nothing of a long body: it hands out views of the chunks', () => {
    const body = Buffer.alloc(600_000, 7);
    const chunks = cut(encode(frameTypes.result, 1, Buffer.from('head'), body), [65_536, 131_072, 300_000]);
    const received: Frame[] = [];
    const parser = new FrameParser((each) => received.push(each), 'views');
    for (const chunk of chunks) parser.push(chunk);
    expect(received[0]!.body).toHaveLength(4);
    expect(Buffer.concat(received[0]!.body).equals(body)).toBe(true);
    for (const [index, piece] of received[0]!.body.entries()) expect(piece.buffer).toBe(chunks[index]!.buffer);
  });
});
