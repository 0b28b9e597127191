/**
 * The answers that were found lately, by the very bytes of their requests: a client that sends the same body again costs
 * 2 µs instead of 20 for reading it, making its key and asking the database. Holds what the cache holds, for a while.
 *
 * Two halves: what is asked for moves to the young one, and when that is full it becomes the old one and what was in the
 * old one is forgotten.
 */
import { crc32 } from 'node:zlib';

/** Bodies and answers together, 4 MiB: the host's memory is promised, and a few thousand screens fit. */
const maxBytes = 4 * 1024 * 1024;

/** Of an entry beside its bytes: the map, the objects, what is read of the request. */
const overheadBytes = 1024;

/** What makes equal bodies different requests. */
export interface Scope {
  readonly model: string;
  /** Of the model version and how it is asked; spreads equal bodies of different scopes. */
  readonly serial: number;
  /** All of it, exactly. */
  readonly text: string;
}

interface Recent<Value> {
  readonly scope: Scope;
  readonly body: Buffer;
  readonly value: Value;
  readonly bytes: number;
}

export class RecentAnswers<Value> {
  #young = new Map<number, Recent<Value>>();
  #old = new Map<number, Recent<Value>>();
  #youngBytes = 0;

  find(scope: Scope, body: Buffer): Value | undefined {
    const sum = checksumOf(scope, body);
    const young = this.#young.get(sum);
    if (young !== undefined) return isOf(young, scope, body) ? young.value : undefined;
    const old = this.#old.get(sum);
    if (old === undefined || !isOf(old, scope, body)) return undefined;
    this.#old.delete(sum);
    this.#put(sum, old);
    return old.value;
  }

  /** Copies the body. `valueBytes`: about what the value holds on to. What would take a large part of the room is not kept. */
  add(scope: Scope, body: Buffer, value: Value, valueBytes: number): void {
    const bytes = overheadBytes + body.length + valueBytes;
    if (bytes > maxBytes / 16) return;
    this.#put(checksumOf(scope, body), { scope, body: Buffer.from(body), value, bytes });
  }

  remove(scope: Scope, body: Buffer): void {
    const sum = checksumOf(scope, body);
    this.#young.delete(sum);
    this.#old.delete(sum);
  }

  /** Forgets the answers of one model, or all. */
  clear(model: string | undefined): void {
    for (const half of [this.#young, this.#old]) {
      for (const [sum, recent] of half) if (model === undefined || recent.scope.model === model) half.delete(sum);
    }
  }

  #put(sum: number, recent: Recent<Value>): void {
    this.#young.set(sum, recent);
    // What is replaced is not subtracted: half is reached a little sooner.
    this.#youngBytes += recent.bytes;
    if (this.#youngBytes < maxBytes / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

function isOf<Value>(recent: Recent<Value>, scope: Scope, body: Buffer): boolean {
  return recent.scope.text === scope.text && recent.body.equals(body);
}

/** 32 bits. Equal sums are told apart by looking. The factor spreads small serials over all 32 bits: bodies may differ in one byte. */
export function checksumOf({ serial }: Scope, body: Buffer): number {
  return crc32(body, Math.imul(serial, 0x9e3779b1) >>> 0);
}
