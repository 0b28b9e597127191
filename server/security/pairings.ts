/**
 * Devices on their way to a key of their own. A link holds a code that is good once, for five minutes; the device that comes with
 * it shows a number, and a person at this machine who sees the same number confirms. Only then is a key made, and given to the
 * one that came with the code. Times are passed in; of codes only hashes are kept.
 *
 *   waiting ─ code ─► claimed ─ person ─► confirmed ─ fetched ─► done
 */
import { randomInt } from 'node:crypto';
import { MillraceError } from '../base/errors.ts';
import type { MadeKey } from '../protocol/admin/key-view.ts';
import type { NewPairing, PairingView } from '../protocol/admin/pairing-view.ts';
import { hashSecret, makeSecret, sameHash } from './secret.ts';

/** To scan, to be confirmed, and to fetch the key: five minutes each. */
export const stepMs = 300_000;

/** Devices at once; the oldest makes room. */
const maxPairings = 8;

interface Pairing {
  readonly id: string;
  readonly codeHash: string;
  readonly wish: NewPairing;
  state: PairingView['state'];
  endsMs: number;
  claim:
    | { readonly secretHash: string; readonly name: string; readonly address: string; readonly number: string }
    | undefined;
  made: MadeKey | undefined;
}

export interface Claim {
  readonly id: string;
  /** Proves that it is the device that came with the code. */
  readonly secret: string;
  readonly number: string;
}

export class Pairings {
  #pairings: Pairing[] = [];
  readonly #onUnfetched: (keyId: string) => void;

  /** `onUnfetched` hears of a key that was made and that its device never fetched: nobody has it. */
  constructor(onUnfetched: (keyId: string) => void = () => {}) {
    this.#onUnfetched = onUnfetched;
  }

  open(wish: NewPairing, nowMs: number): { readonly pairing: PairingView; readonly code: string } {
    this.#end(nowMs);
    const code = makeSecret();
    const pairing: Pairing = {
      id: makeSecret().slice(0, 12),
      codeHash: hashSecret(code),
      wish,
      state: 'waiting',
      endsMs: nowMs + stepMs,
      claim: undefined,
      made: undefined,
    };
    this.#pairings = [...this.#pairings, pairing].slice(-maxPairings);
    return { pairing: viewOf(pairing), code };
  }

  /** True while a device may come: the routes for devices are not there otherwise. */
  isOpen(nowMs: number): boolean {
    this.#end(nowMs);
    return this.#pairings.some(({ state }) => state === 'waiting' || state === 'claimed' || state === 'confirmed');
  }

  /** A device comes with a code. Undefined where it is no code that is good, or was used before. */
  claim(code: string, name: string, address: string, nowMs: number): Claim | undefined {
    this.#end(nowMs);
    const hash = hashSecret(code);
    const pairing = this.#pairings.find(({ codeHash }) => sameHash(codeHash, hash));
    if (pairing?.state !== 'waiting') return undefined;
    const secret = makeSecret();
    const number = String(randomInt(0, 10_000)).padStart(4, '0');
    pairing.claim = { secretHash: hashSecret(secret), name: cleanName(name), address, number };
    pairing.state = 'claimed';
    pairing.endsMs = nowMs + stepMs;
    return { id: pairing.id, secret, number };
  }

  /** A person has seen the number. `make` makes the key. Throws `not-found` and `conflict`, and what `make` throws. */
  confirm(id: string, make: (wish: NewPairing, deviceName: string) => MadeKey, nowMs: number): PairingView {
    const pairing = this.#find(id, nowMs);
    if (pairing.state !== 'claimed') {
      throw new MillraceError('conflict', `This pairing is ${stateWords[pairing.state]}.`, {
        hint: 'Begin anew where a device is still to be paired.',
      });
    }
    pairing.made = make(pairing.wish, pairing.claim!.name);
    pairing.state = 'confirmed';
    pairing.endsMs = nowMs + stepMs;
    return viewOf(pairing);
  }

  /** Ends it, whatever its state. Throws `not-found`. */
  decline(id: string, nowMs: number): PairingView {
    const pairing = this.#find(id, nowMs);
    if (pairing.state === 'done') return viewOf(pairing);
    this.#forgetKey(pairing);
    pairing.state = 'declined';
    return viewOf(pairing);
  }

  /** What the device that claimed it is told: once, the key. Undefined where the secret is not its own. */
  answer(
    id: string,
    secret: string,
    nowMs: number,
  ): { readonly state: PairingView['state']; readonly made?: MadeKey } | undefined {
    this.#end(nowMs);
    const pairing = this.#pairings.find((each) => each.id === id);
    const hash = hashSecret(secret);
    if (pairing?.claim === undefined || !sameHash(pairing.claim.secretHash, hash)) return undefined;
    const { state, made } = pairing;
    if (state !== 'confirmed' || made === undefined) return { state };
    pairing.state = 'done';
    pairing.made = { ...made, secret: '' };
    return { state: 'done', made };
  }

  list(nowMs: number): PairingView[] {
    this.#end(nowMs);
    return this.#pairings.toReversed().map(viewOf);
  }

  #find(id: string, nowMs: number): Pairing {
    this.#end(nowMs);
    const pairing = this.#pairings.find((each) => each.id === id);
    if (pairing !== undefined) return pairing;
    throw new MillraceError('not-found', 'There is no such pairing; it may have ended.');
  }

  #forgetKey(pairing: Pairing): void {
    if (pairing.made === undefined) return;
    this.#onUnfetched(pairing.made.key.id);
    pairing.made = undefined;
  }

  /** What has run out ends. */
  #end(nowMs: number): void {
    for (const pairing of this.#pairings) {
      if (pairing.endsMs > nowMs || pairing.state === 'done' || pairing.state === 'declined') continue;
      this.#forgetKey(pairing);
      pairing.state = 'ended';
    }
    const forgottenMs = nowMs - 4 * stepMs;
    this.#pairings = this.#pairings.filter(({ endsMs }) => endsMs > forgottenMs);
  }
}

const stateWords: Readonly<Record<PairingView['state'], string>> = {
  waiting: 'still waiting for a device',
  claimed: 'waiting for you',
  confirmed: 'confirmed already',
  done: 'done',
  declined: 'declined',
  ended: 'over: nobody came in time',
};

/** What a key's name may hold; the device chose it. */
function cleanName(text: string): string {
  const kept = text
    .replaceAll(/[^\p{L}\p{N} ._()@-]/gu, '')
    .trim()
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 40)
    .trim();
  return kept === '' ? 'Device' : kept;
}

function viewOf({ id, state, endsMs, claim, made }: Pairing): PairingView {
  return {
    id,
    state,
    endsAt: new Date(endsMs).toISOString(),
    ...(claim !== undefined && { deviceName: claim.name, address: claim.address, number: claim.number }),
    ...(made !== undefined && { keyId: made.key.id }),
  };
}
