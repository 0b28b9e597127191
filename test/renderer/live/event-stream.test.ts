import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStreamReader } from '../../../renderer/live/event-stream.ts';

const text =
  'retry: 2000\n\nid: a-1\nevent: snapshot\ndata: {"x":1}\n\n: alive\n\nevent: delta\ndata: {"y":\ndata: 2}\n\n';
const events = [
  { type: 'snapshot', data: '{"x":1}', id: 'a-1' },
  { type: 'delta', data: '{"y":\n2}', id: 'a-1' },
];

describe('the reader of the live stream', () => {
  it('reads events, passes comments over, and keeps the last id', () => {
    expect(new EventStreamReader().read(text)).toEqual(events);
  });

  it('reads the same from pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const reader = new EventStreamReader();
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const read = places.slice(1).flatMap((end, at) => reader.read(text.slice(places[at], end)));
        expect(read).toEqual(events);
      }),
    );
  });

  it('takes lines that end as on Windows', () => {
    expect(new EventStreamReader().read('data: 1\r\n\r\n')).toEqual([{ type: 'message', data: '1', id: undefined }]);
  });

  it('gives up on an event that does not end', () => {
    const reader = new EventStreamReader();
    expect(() => reader.read(`data: ${'x'.repeat(16_000_001)}`)).toThrow(/without an end/);
  });
});
