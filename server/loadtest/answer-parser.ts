/**
 * Reads HTTP/1.1 answers from one connection, without pipelining: status, where the body ends, and of a failure the first
 * bytes. Nothing else of an answer matters to a load test, and reading no more is what makes the generator cheaper than what it loads.
 */

export interface AnswerHead {
  readonly status: number;
  /** False: the server closes the connection after this answer. */
  readonly reusable: boolean;
}

/** An answer is complete. `text`: the beginning of the body of one with a status from 400 on, else empty. */
export type OnAnswer = (head: AnswerHead, text: string) => void;

const maxHeadBytes = 65_536;
const keptTextBytes = 2048;
const headEnd = Buffer.from('\r\n\r\n');
const lengthPattern = /\r\ncontent-length:[ \t]*(\d+)/i;
const chunkedPattern = /\r\ntransfer-encoding:[^\r]*chunked/i;
const closePattern = /\r\nconnection:[ \t]*close/i;
const chunkSizePattern = /^[0-9a-f]{1,12}/i;

type Body = 'length' | 'chunked' | 'until-close';

export class AnswerParser {
  readonly #onAnswer: OnAnswer;
  /** Bytes of a head, a chunk's size line or a trailer that are not complete yet. */
  #held: Buffer | undefined;
  #head: AnswerHead | undefined;
  #body: Body = 'length';
  /** Body bytes, or bytes of the present chunk with its line end, that are to come. */
  #left = 0;
  #chunk: 'size' | 'bytes' | 'trailer' = 'size';
  #text = '';

  constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer;
  }

  /** `bytes` are not kept. Throws an Error with a sentence where they are no HTTP/1.1 answer. */
  feed(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#head === undefined) rest = this.#readHead(rest);
      else if (this.#body === 'chunked') rest = this.#readChunked(rest);
      else rest = this.#readBody(rest);
    }
  }

  /** The connection ended. True where that was the end of an answer, which has then been told. */
  end(): boolean {
    if (this.#head === undefined || this.#body !== 'until-close') return false;
    this.#complete();
    return true;
  }

  #readHead(bytes: Buffer): Buffer {
    const whole = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    const end = whole.indexOf(headEnd);
    if (end === -1) {
      if (whole.length > maxHeadBytes) throw new Error(`The head of an answer is longer than ${maxHeadBytes} bytes.`);
      this.#held = Buffer.from(whole);
      return noBytes;
    }
    this.#held = undefined;
    const text = whole.toString('latin1', 0, end);
    if (!text.startsWith('HTTP/1.')) throw new Error('What came back is not HTTP/1.1.');
    const status = Number(text.slice(9, 12));
    if (!(status >= 100 && status < 600)) throw new Error(`The status '${text.slice(9, 12)}' is none.`);
    const rest = whole.subarray(end + headEnd.length);
    // 1xx are hints before the answer.
    if (status < 200) return rest;
    const isOld = text.charCodeAt(7) === 48;
    this.#head = { status, reusable: !isOld && !closePattern.test(text) };
    this.#text = '';
    const length = lengthPattern.exec(text);
    if (status === 204 || status === 304) {
      this.#complete();
    } else if (chunkedPattern.test(text)) {
      this.#body = 'chunked';
      this.#chunk = 'size';
    } else if (length !== null) {
      this.#body = 'length';
      this.#left = Number(length[1]);
      if (this.#left === 0) this.#complete();
    } else {
      this.#body = 'until-close';
      this.#left = Infinity;
      this.#head = { status, reusable: false };
    }
    return rest;
  }

  #readBody(bytes: Buffer): Buffer {
    const taken = Math.min(bytes.length, this.#left);
    this.#keep(bytes, taken);
    this.#left -= taken;
    if (this.#left === 0) this.#complete();
    return bytes.subarray(taken);
  }

  #readChunked(bytes: Buffer): Buffer {
    if (this.#chunk === 'bytes') {
      const taken = Math.min(bytes.length, this.#left);
      this.#keep(bytes, Math.min(taken, Math.max(0, this.#left - 2)));
      this.#left -= taken;
      if (this.#left === 0) this.#chunk = 'size';
      return bytes.subarray(taken);
    }
    const whole = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    const end = whole.indexOf('\r\n');
    if (end === -1) {
      if (whole.length > maxHeadBytes) throw new Error('A line between the chunks of an answer does not end.');
      this.#held = Buffer.from(whole);
      return noBytes;
    }
    this.#held = undefined;
    const line = whole.toString('latin1', 0, end);
    if (this.#chunk === 'trailer') {
      if (line === '') this.#complete();
    } else {
      const size = chunkSizePattern.exec(line);
      if (size === null) throw new Error('A chunk of an answer has no size.');
      const length = Number.parseInt(size[0], 16);
      this.#chunk = length === 0 ? 'trailer' : 'bytes';
      this.#left = length + 2;
    }
    return whole.subarray(end + 2);
  }

  #keep(bytes: Buffer, length: number): void {
    if (this.#head!.status < 400 || this.#text.length >= keptTextBytes) return;
    this.#text += bytes.toString('latin1', 0, Math.min(length, keptTextBytes - this.#text.length));
  }

  #complete(): void {
    const head = this.#head!;
    this.#head = undefined;
    this.#body = 'length';
    this.#onAnswer(head, this.#text);
  }
}

const noBytes = Buffer.alloc(0);
