/** The last lines that a child wrote to its error stream, so that its death can be explained. Bounded. */
import type { Readable } from 'node:stream';

const maxLines = 200;
const maxLineLength = 500;

export class StderrTail {
  readonly #lines: string[] = [];
  #partial = '';

  constructor(stream: Readable, onLine: (line: string) => void = () => {}) {
    stream.setEncoding('utf8');
    // The stream is read to its end whatever happens: a full pipe would block the child.
    stream.on('error', () => {});
    stream.on('data', (text: string) => {
      const parts = (this.#partial + text).split('\n');
      this.#partial = parts.pop()!.slice(0, maxLineLength);
      for (const part of parts) this.#add(part, onLine);
    });
  }

  /** Oldest first; an unfinished last line included. */
  get lines(): readonly string[] {
    return this.#partial === '' ? [...this.#lines] : [...this.#lines, this.#partial];
  }

  #add(raw: string, onLine: (line: string) => void): void {
    const line = raw.trimEnd().slice(0, maxLineLength);
    if (line === '') return;
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
    onLine(line);
  }
}
