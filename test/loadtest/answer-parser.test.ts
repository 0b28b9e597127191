import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../server/loadtest/answer-parser.ts';

interface Seen {
  readonly status: number;
  readonly reusable: boolean;
  readonly text: string;
}

/** Feeds the text in pieces of the given lengths, the last piece being the rest. */
function parsed(text: string, lengths: readonly number[] = []): Seen[] {
  const seen: Seen[] = [];
  const parser = new AnswerParser(({ status, reusable }, body) => seen.push({ status, reusable, text: body }));
  const bytes = Buffer.from(text, 'latin1');
  let from = 0;
  for (const length of lengths) {
    // A copy that is overwritten afterwards: the parser must not keep what it is lent.
    const piece = Buffer.from(bytes.subarray(from, from + length));
    parser.feed(piece);
    piece.fill(0);
    from += length;
  }
  parser.feed(bytes.subarray(from));
  return seen;
}

const plain = 'HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 5\r\n\r\nhello';
const chunked =
  'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n';
const several = `${plain}${chunked}HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${plain}`;

describe('an answer parser', () => {
  it('reads a length, chunks, an answer without a body, and passes over hints', () => {
    expect(parsed(several)).toEqual([
      { status: 200, reusable: true, text: '' },
      { status: 503, reusable: true, text: 'abc0123456789' },
      { status: 204, reusable: true, text: '' },
      { status: 200, reusable: true, text: '' },
    ]);
  });

  it('sees the same however the bytes are cut', () => {
    const whole = parsed(several);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }), (lengths) => {
        expect(parsed(several, lengths)).toEqual(whole);
      }),
    );
    expect(
      parsed(
        several,
        Array.from({ length: several.length }, () => 1),
      ),
    ).toEqual(whole);
  });

  it('keeps the text of failures only, and only its beginning', () => {
    const long = `HTTP/1.1 500 X\r\nContent-Length: 9000\r\n\r\n${'x'.repeat(9000)}`;
    expect(parsed(long, [100, 3000])[0]!.text).toBe('x'.repeat(2048));
  });

  it.each([
    ['Connection: close', false],
    ['connection: Close', false],
    ['Connection: keep-alive', true],
  ])('takes %s as it is meant', (line, reusable) => {
    expect(parsed(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 0\r\n\r\n`)[0]!.reusable).toBe(reusable);
  });

  it('reads a body without a length up to the end of the connection', () => {
    const seen: number[] = [];
    const parser = new AnswerParser(({ status }) => seen.push(status));
    parser.feed(Buffer.from('HTTP/1.0 200 OK\r\n\r\nabc'));
    expect(seen).toEqual([]);
    expect(parser.end()).toBe(true);
    expect(seen).toEqual([200]);
  });

  it('does not take an end within an answer for its end', () => {
    const parser = new AnswerParser(() => {});
    parser.feed(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe'));
    expect(parser.end()).toBe(false);
  });

  it.each([
    ['SSH-2.0-OpenSSH\r\n\r\n', 'not HTTP'],
    ['HTTP/1.1 abc\r\n\r\n', 'none'],
    [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`, 'longer than'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'no size'],
  ])('refuses %j', (text, words) => {
    expect(() => parsed(text)).toThrow(words);
  });
});
