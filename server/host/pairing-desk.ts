/** Pairing, put together: what the device asks on the network's listener, and what a person does here. */
import { MillraceError } from '../base/errors.ts';
import type { PairingDoor } from '../gateway/pairing-handler.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { NewPairing, OpenedPairing, PairingView } from '../protocol/admin/pairing-view.ts';
import { plainAddress } from '../security/client-key.ts';
import { LockOut } from '../security/lock-out.ts';
import { Pairings } from '../security/pairings.ts';
import type { Access } from './access.ts';

export interface PairingDeskParts {
  readonly access: Access;
  readonly onEvent: (event: NewHostEvent) => void;
  /** Where the network calls this host; none while it may not. */
  urls(): readonly string[];
  authorityPem(): Promise<string | undefined>;
}

export class PairingDesk implements PairingDoor {
  readonly #parts: PairingDeskParts;
  readonly #pairings: Pairings;
  readonly #lockOut = new LockOut();

  constructor(parts: PairingDeskParts) {
    this.#parts = parts;
    this.#pairings = new Pairings((keyId) => {
      // Nobody has it; a person may have revoked it already.
      try {
        parts.access.keys.revoke(keyId, Date.now());
      } catch {
        return;
      }
    });
  }

  /** Throws `conflict` while the network may not call. */
  open(wish: NewPairing): OpenedPairing {
    const urls = this.#parts.urls();
    if (urls.length === 0) {
      throw new MillraceError('conflict', 'No device can come: the network does not reach this host.', {
        hint: 'Switch the network on first: in Millrace under Connect, or with `millrace lan on`.',
      });
    }
    const { pairing, code } = this.#pairings.open(wish, Date.now());
    return { pairing, links: urls.map((url) => `${url}/pair#c=${code}`) };
  }

  list(): PairingView[] {
    return this.#pairings.list(Date.now());
  }

  confirm(id: string): PairingView {
    const { access, onEvent } = this.#parts;
    const view = this.#pairings.confirm(
      id,
      (wish, deviceName) => {
        const taken = new Set(access.keys.views(Date.now()).map(({ name }) => name));
        let name = deviceName;
        for (let number = 2; taken.has(name); number++) name = `${deviceName} (${number})`;
        return access.makeKey({ ...wish, name });
      },
      Date.now(),
    );
    onEvent({
      kind: 'access',
      severity: 'info',
      sentence: `The device '${view.deviceName}' at ${view.address} was paired.`,
      facts: { keyId: view.keyId, address: view.address },
    });
    return view;
  }

  decline(id: string): PairingView {
    return this.#pairings.decline(id, Date.now());
  }

  isOpen(): boolean {
    return this.#pairings.isOpen(Date.now());
  }

  claim(code: string, name: string, address: string | undefined): ReturnType<PairingDoor['claim']> {
    const from = plainAddress(address);
    const claim = this.#pairings.claim(code, name, from, Date.now());
    if (claim === undefined) throw this.#wrong(from);
    this.#parts.onEvent({
      kind: 'access',
      severity: 'attention',
      sentence: `A device at ${from} wants to be paired and shows the number ${claim.number}.`,
      hint: 'Confirm it in Millrace under Connect if you see this number on the device.',
      facts: { address: from },
    });
    return claim;
  }

  answer(id: string, secret: string, address: string | undefined): ReturnType<PairingDoor['answer']> {
    const answer = this.#pairings.answer(id, secret, Date.now());
    if (answer === undefined) throw this.#wrong(plainAddress(address));
    return { state: answer.state, key: answer.made?.secret };
  }

  authorityPem(): Promise<string | undefined> {
    return this.#parts.authorityPem();
  }

  #wrong(address: string): MillraceError {
    const locked = this.#lockOut.onWrong(address, Date.now());
    if (locked === undefined) {
      return new MillraceError('unauthenticated', 'The code has been used before, or its time has passed.', {
        hint: 'Begin anew at the PC.',
      });
    }
    return new MillraceError('locked-out', 'Too many wrong codes came from this address.', {
      hint: `Wait ${locked.waitSeconds} s, then scan a new code.`,
      retryAfterSeconds: locked.waitSeconds,
      retryable: true,
    });
  }
}
