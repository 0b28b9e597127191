/**
 * The clients that were refused lately, so that a person sees who tried and why it failed: counted by address, reason and
 * subject, bounded in all and for each address. In memory; what a client sent is hostile text and is cut and cleaned.
 */
import type { RefusalFix, RefusalReason, RefusedClient } from '../protocol/admin/refused-client.ts';

/** Cards that a person can look through; the one that has been quiet longest makes room. */
const maxRefused = 200;

/** Of one address, so that it cannot push the others out by sending another Host each time. */
const maxPerAddress = 12;

/** New cards that are told as events, per minute. */
const maxToldPerMinute = 10;

const subjectCharacters = 100;

export interface Refusal {
  readonly reason: RefusalReason;
  readonly address: string;
  readonly subject?: string | undefined;
  readonly model?: string | undefined;
}

interface Entry extends Refusal {
  readonly id: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
}

export class RefusedClients {
  readonly #entries = new Map<string, Entry>();
  readonly #onNew: (client: RefusedClient) => void;
  readonly #ignored = new Set<string>();
  #told = { sinceMs: 0, count: 0 };
  #lastId = 0;

  /** `onNew` hears of a client that is refused for the first time, a few times a minute at most. */
  constructor(onNew: (client: RefusedClient) => void = () => {}) {
    this.#onNew = onNew;
  }

  add(refusal: Refusal, nowMs: number): void {
    if (this.#ignored.has(refusal.address)) return;
    const subject = refusal.subject === undefined ? undefined : clean(refusal.subject);
    const key = JSON.stringify([refusal.reason, refusal.address, subject, refusal.model]);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count++;
      known.lastMs = nowMs;
      // The quiet ones come first.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return;
    }
    this.#makeRoom(refusal.address);
    const entry = { ...refusal, subject, id: String(++this.#lastId), firstMs: nowMs, lastMs: nowMs, count: 1 };
    this.#entries.set(key, entry);
    this.#tell(entry, nowMs);
  }

  /** The latest first. */
  list(): RefusedClient[] {
    return [...this.#entries.values()].toReversed().map(view);
  }

  get(id: string): RefusedClient | undefined {
    const entry = [...this.#entries.values()].find((each) => each.id === id);
    return entry && view(entry);
  }

  /** Takes a card away; all that fit where only a reason or an address is named. */
  forget(matches: (client: Refusal & { readonly id: string }) => boolean): void {
    for (const [key, entry] of this.#entries) if (matches(entry)) this.#entries.delete(key);
  }

  /** Counts nothing of these addresses until the returned function is called: tests that the program runs on itself. */
  ignore(addresses: readonly string[]): () => void {
    for (const address of addresses) this.#ignored.add(address);
    return () => {
      for (const address of addresses) this.#ignored.delete(address);
    };
  }

  #makeRoom(address: string): void {
    const own = [...this.#entries].filter(([, entry]) => entry.address === address);
    if (own.length >= maxPerAddress) this.#entries.delete(own[0]![0]);
    else if (this.#entries.size >= maxRefused) this.#entries.delete(this.#entries.keys().next().value!);
  }

  #tell(entry: Entry, nowMs: number): void {
    if (nowMs - this.#told.sinceMs >= 60_000) this.#told = { sinceMs: nowMs, count: 0 };
    if (++this.#told.count <= maxToldPerMinute) this.#onNew(view(entry));
  }
}

/** Printable characters of one line. */
function clean(text: string): string {
  return text.slice(0, subjectCharacters).replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}

function view(entry: Entry): RefusedClient {
  const { id, reason, address, subject, model, count, firstMs, lastMs } = entry;
  return {
    id,
    reason,
    address,
    ...(subject !== undefined && { subject }),
    ...(model !== undefined && { model }),
    count,
    firstAt: new Date(firstMs).toISOString(),
    lastAt: new Date(lastMs).toISOString(),
    ...wordsOf(entry),
  };
}

function wordsOf({ reason, address, subject, model }: Refusal): {
  readonly sentence: string;
  readonly hint: string;
  readonly fix: RefusalFix;
} {
  const named = subject === undefined ? 'a key' : `the key '${subject}'`;
  switch (reason) {
    case 'no-key':
      return {
        sentence: `${address} called without a key.`,
        hint: 'Make a key for it, which is taken from this address only.',
        fix: 'make-key',
      };
    case 'wrong-key':
      return {
        sentence: `${address} sent a key that is none of ours.`,
        hint: 'Look what its program has saved, or make a new key for it.',
        fix: 'make-key',
      };
    case 'revoked-key':
      return {
        sentence: `${address} sent ${named}, which was revoked.`,
        hint: 'If that program should still call, make a new key for it.',
        fix: 'make-key',
      };
    case 'expired-key':
      return {
        sentence: `${address} sent ${named}, which has ended.`,
        hint: 'Make a new key for it.',
        fix: 'make-key',
      };
    case 'right':
      return {
        sentence: `${address} may not do with ${named} what it asked for${model === undefined ? '' : `, of the model ${model}`}.`,
        hint: 'Make a key with that right, if it should.',
        fix: 'none',
      };
    case 'address':
      return {
        sentence: `${address} sent ${named}, which is taken from other addresses only.`,
        hint: 'Make a key for it, if it should call.',
        fix: 'make-key',
      };
    case 'rate':
      return {
        sentence: `${address} sends more with ${named} than its rate allows.`,
        hint: 'Make a key with a higher rate, if it should.',
        fix: 'none',
      };
    case 'host':
      return {
        sentence: `${address} called this machine '${subject ?? ''}', which is none of its names.`,
        hint: 'Allow that name only if it is yours: a name that a stranger chose is how web pages get at other machines.',
        fix: 'allow-host',
      };
    case 'origin':
      return {
        sentence: `A web page of ${subject === undefined ? 'another site' : `'${subject}'`} tried to call, in a browser at ${address}.`,
        hint: 'Allow the page only if it is yours.',
        fix: subject === undefined || subject === 'null' ? 'none' : 'allow-origin',
      };
    case 'plain-http':
      return {
        sentence: `${address} called with http where https is spoken.`,
        hint: 'Give it the address that begins with https.',
        fix: 'give-certificate',
      };
    case 'tls':
      return {
        sentence: `${address} did not accept the certificate${subject === undefined ? '' : ` (${subject})`}.`,
        hint: 'Install the certificate of this Millrace there.',
        fix: 'give-certificate',
      };
    case 'blocked':
      return { sentence: `${address} is blocked and tried again.`, hint: 'Unblock it if it should call.', fix: 'none' };
  }
}
