import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../server/models/byte-source.ts';
import { FieldBudget, MessageReader } from '../../server/models/protobuf-reader.ts';
import { ProtobufWriter } from '../support/protobuf-writer.ts';

function reader(bytes: Uint8Array): MessageReader {
  return new MessageReader(ByteSource.ofBytes(bytes), { start: 0, end: bytes.length }, new FieldBudget());
}

describe('MessageReader', () => {
  it('reads back every whole number up to 2^53, of both signs', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const message = reader(new ProtobufWriter().varint(3, value).finish());
        expect(message.next()).toBe(true);
        expect([message.field, message.number]).toEqual([3, value]);
        expect(message.next()).toBe(false);
      }),
    );
  });

  it('reads back texts and lists, packed or not', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.array(fc.maxSafeInteger(), { maxLength: 20 }), (text, numbers) => {
        const writer = new ProtobufWriter().string(1, text).packedVarints(2, numbers);
        for (const each of numbers) writer.varint(2, each);
        const message = reader(writer.finish());
        const found: number[] = [];
        message.next();
        expect(message.text('it')).toBe(text);
        while (message.next()) message.numbers((value) => found.push(value));
        expect(found).toEqual([...numbers, ...numbers]);
      }),
    );
  });

  it.each([
    ['a field number of 0', [0x00, 0x01], /valid number/],
    ['a group', [0x0b], /wire type 3/],
    ['a number without an end', Array.from({ length: 12 }, () => 0xff), /ten bytes/],
    ['a number that is cut off', [0x08, 0x80], /ends within a number/],
    ['a text longer than the rest', [0x0a, 0x05, 0x41], /should have 5 bytes, but 1 are left/],
    ['a text of negative length', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], /negative/],
  ])('refuses %s', (_what, bytes, words) => {
    const message = reader(Uint8Array.from(bytes));
    expect(() => {
      while (message.next());
    }).toThrow(words);
  });

  it('gives the fields of a message over several windows of a source', () => {
    const long = 'x'.repeat(70_000);
    const message = reader(new ProtobufWriter().string(1, long).string(2, long).varint(3, 7).finish());
    message.next();
    message.next();
    expect(message.text('it', 100_000)).toBe(long);
    message.next();
    expect(message.number).toBe(7);
  });

  it('refuses a text above its limit before reading it', () => {
    const message = reader(new ProtobufWriter().string(1, 'x'.repeat(2000)).finish());
    message.next();
    expect(() => message.text('the name')).toThrow(/the name has 2000 bytes; at most 1024 are read/);
  });
});
