/**
 * Walks the protobuf wire format of a ByteSource without a schema: a message is a range of bytes, a field of it a number,
 * a type and either a small value or a range. Nothing is held but the field at hand, whatever a file claims about itself.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { MillraceError } from '../base/errors.ts';
import type { ByteSource } from './byte-source.ts';

/** A message: bytes from `start` up to but not including `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const wireTypes = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/** One file may have this many fields in all: a million nodes with thirty each. It bounds the time of a hostile one. */
const maxFields = 30_000_000;

/** Fields that may still be read, shared by all messages of one file. */
export class FieldBudget {
  #left = maxFields;

  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw fault(`it has more than ${maxFields} fields`);
  }
}

/** Reads the fields of one message in order: `while (message.next()) switch (message.field) …`. */
export class MessageReader {
  readonly source: ByteSource;
  readonly budget: FieldBudget;
  readonly span: Span;
  #at: number;
  #field = 0;
  #wireType = 0;
  #fieldStart = 0;
  #start = 0;
  #value = 0;

  constructor(source: ByteSource, span: Span, budget: FieldBudget) {
    this.source = source;
    this.span = span;
    this.budget = budget;
    this.#at = span.start;
  }

  /** Moves to the next field; false at the end. Throws `model-refused` where the bytes are no protobuf. */
  next(): boolean {
    if (this.#at >= this.span.end) return false;
    this.budget.spend();
    this.#fieldStart = this.#at;
    const tag = this.#varint();
    this.#field = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    if (this.#field === 0 || this.#field > 536_870_911) throw fault('it has a field without a valid number');
    switch (this.#wireType) {
      case wireTypes.varint:
        this.#value = this.#varint();
        this.#start = this.#at;
        break;
      case wireTypes.fixed64:
        this.#skip(8);
        break;
      case wireTypes.lengthDelimited:
        this.#skip(this.#varint());
        break;
      case wireTypes.fixed32:
        this.#skip(4);
        break;
      default:
        throw fault(`a field has the unknown wire type ${this.#wireType}`);
    }
    return true;
  }

  get field(): number {
    return this.#field;
  }

  get wireType(): number {
    return this.#wireType;
  }

  /** The whole field with its tag, as it stands in the file. */
  get whole(): Span {
    return { start: this.#fieldStart, end: this.#at };
  }

  /** A signed 64-bit whole number; inexact beyond 2^53. Throws where the field is of another type. */
  get number(): number {
    if (this.#wireType !== wireTypes.varint) throw fault(`field ${this.#field} is no number`);
    return this.#value;
  }

  /** The bytes of a text, a list or a message. */
  get content(): Span {
    if (this.#wireType !== wireTypes.lengthDelimited) throw fault(`field ${this.#field} is no message or text`);
    return { start: this.#start, end: this.#at };
  }

  /** A text of at most `maxBytes`; `what` names it where it is longer. */
  text(what: string, maxBytes = 1024): string {
    const { start, end } = this.content;
    if (end - start > maxBytes) throw fault(`${what} has ${end - start} bytes; at most ${maxBytes} are read`);
    return this.source.bytes(start, end - start).toString('utf8');
  }

  /** The field's own message. */
  message(): MessageReader {
    return new MessageReader(this.source, this.content, this.budget);
  }

  /** Whole numbers of a repeated field in either of its two forms, handed to `take` one by one. */
  numbers(take: (value: number) => void): void {
    if (this.#wireType === wireTypes.varint) {
      take(this.#value);
      return;
    }
    const list = new MessageReader(this.source, this.content, this.budget);
    while (list.#at < list.span.end) {
      this.budget.spend();
      take(list.#varint());
    }
  }

  #skip(lengthBytes: number): void {
    const left = this.span.end - this.#at;
    if (lengthBytes < 0 || lengthBytes > left) {
      throw fault(
        `a part of it should have ${lengthBytes < 0 ? 'a negative number of' : lengthBytes} bytes, but ${left} are left`,
      );
    }
    this.#start = this.#at;
    this.#at += lengthBytes;
  }

  #varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.span.end) throw fault('it ends within a number');
      const byte = this.source.byteAt(this.#at);
      this.#at += 1;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return (high | 0) * 4_294_967_296 + (low >>> 0);
    }
    throw fault('it has a number of more than ten bytes');
  }
}

function fault(what: string): MillraceError {
  return new MillraceError('model-refused', `The file is no complete ONNX model: ${what}.`, {
    hint: 'Copy the file again; if it stays so, export the model again.',
    details: { reason: 'not-onnx' },
  });
}
