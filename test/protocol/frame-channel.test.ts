import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FrameChannel } from '../../server/protocol/frame-channel.ts';
import { frameTypes } from '../../server/protocol/frames.ts';
import type { Frame } from '../../server/protocol/frames.ts';

/** A duplex that keeps what is written and lets the test play the other end. */
class Wire extends Duplex {
  readonly written: Buffer[] = [];
  writes = 0;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes++;
    this.written.push(Buffer.from(chunk));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes++;
    for (const { chunk } of chunks) this.written.push(Buffer.from(chunk));
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.written);
  }
}

function setUp() {
  const wire = new Wire();
  const frames: (Omit<Frame, 'body'> & { body: Buffer })[] = [];
  const closes: (Error | undefined)[] = [];
  const channel = new FrameChannel(wire, {
    onFrame: (frame) => frames.push({ ...frame, head: Buffer.from(frame.head), body: Buffer.concat(frame.body) }),
    onClose: (error) => closes.push(error),
  });
  return { wire, frames, closes, channel };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a frame channel', () => {
  it('sends the frames of one callback in one write, in order', async () => {
    const { wire, channel } = setUp();
    const other = setUp();
    for (let id = 1; id <= 50; id++)
      channel.send(frameTypes.infer, id, Buffer.from([id]), [Buffer.from(`body ${id}`)], 'now');
    expect(wire.writes).toBe(0);
    await turn();
    expect(wire.writes).toBe(1);
    other.wire.push(wire.bytes);
    await turn();
    expect(other.frames.map(({ requestId, body }) => `${requestId} ${body.toString()}`)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index + 1} body ${index + 1}`),
    );
  });

  it('lets a frame that may wait leave with the next one that may not', async () => {
    const { wire, channel } = setUp();
    channel.send(frameTypes.infer, 1, Buffer.alloc(0), [Buffer.from('a')], 'soon');
    channel.send(frameTypes.infer, 2, Buffer.alloc(0), [Buffer.from('b')], 'now');
    await Promise.resolve();
    expect(wire.writes).toBe(1);
  });

  it('keeps order and content when large bodies go by reference between small frames', async () => {
    const { wire, channel } = setUp();
    const other = setUp();
    const large = Buffer.alloc(100_000, 3);
    channel.send(frameTypes.infer, 1, Buffer.from('h'), [Buffer.from('small')], 'now');
    channel.send(frameTypes.infer, 2, Buffer.from('h'), [Buffer.from('{}'), large], 'now');
    channel.send(frameTypes.infer, 3, Buffer.from('h'), [Buffer.from('small too')], 'now');
    await turn();
    other.wire.push(wire.bytes);
    await turn();
    expect(other.frames.map(({ requestId, body }) => [requestId, body.length])).toEqual([
      [1, 5],
      [2, 100_002],
      [3, 9],
    ]);
    expect(other.frames[1]!.body.subarray(2).equals(large)).toBe(true);
  });

  it('closes once, with the reason, on a corrupt stream', async () => {
    const { wire, closes, channel } = setUp();
    wire.push(Buffer.alloc(64, 0xff));
    await turn();
    await turn();
    expect(closes).toHaveLength(1);
    expect(closes[0]).toMatchObject({ message: expect.stringContaining('magic byte 255') });
    channel.send(frameTypes.stop, 0, Buffer.alloc(0), [], 'now');
    await turn();
    expect(wire.writes).toBe(0);
  });

  it('closes once, without a reason, when the other end has gone', async () => {
    const { wire, closes } = setUp();
    wire.push(null);
    await turn();
    await turn();
    expect(closes).toEqual([undefined]);
  });
});
