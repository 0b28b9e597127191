/** Reads server-sent events from the pieces of a response (HTML standard, section 9.2). Pure: text in, events out. */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The last id that the stream gave; undefined while it gave none. */
  readonly id: string | undefined;
}

/** Bounds what a broken stream can pile up, characters. A snapshot of 20 models has about 60,000. */
const maxPendingCharacters = 16_000_000;

export class EventStreamReader {
  #pending = '';
  #id: string | undefined;

  /** The events that the piece completes. Throws where an event does not end. */
  read(piece: string): StreamEvent[] {
    this.#pending += piece;
    const events: StreamEvent[] = [];
    for (;;) {
      const end = /\r\n\r\n|\n\n|\r\r/.exec(this.#pending);
      if (end === null) break;
      const event = this.#parse(this.#pending.slice(0, end.index));
      this.#pending = this.#pending.slice(end.index + end[0].length);
      if (event !== undefined) events.push(event);
    }
    if (this.#pending.length > maxPendingCharacters) throw new Error('The live stream sent an event without an end.');
    return events;
  }

  #parse(block: string): StreamEvent | undefined {
    let type = 'message';
    const data: string[] = [];
    for (const line of block.split(/\r\n|\n|\r/)) {
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') type = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#id = value;
    }
    return data.length === 0 ? undefined : { type, data: data.join('\n'), id: this.#id };
  }
}
