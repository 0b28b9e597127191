/** What a person is about to ask of the network's endpoint: the form as data, its faults, and the request and command it makes. Pure. */
import type { LanChange, LanTls, LanView } from '../../../server/protocol/admin/lan-view.ts';

export interface NetworkDraft {
  readonly which: 'private' | 'chosen';
  readonly chosen: readonly string[];
  /** An address that the list does not have. */
  readonly other: string;
  /** Typed once more, for a public one. */
  readonly confirmed: string;
  readonly tls: LanTls['kind'];
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly announce: boolean;
  readonly name: string;
}

export function draftOf({ wish, addresses }: LanView): NetworkDraft {
  const named = wish.addresses === 'private' ? [] : wish.addresses;
  const known = new Set(addresses.map(({ address }) => address));
  return {
    which: wish.addresses === 'private' ? 'private' : 'chosen',
    chosen: named.filter((address) => known.has(address)),
    other: named.find((address) => !known.has(address)) ?? '',
    confirmed: '',
    // Encrypted unless a person says otherwise: the default of who has never switched it on.
    tls: wish.on || wish.tls.kind !== 'off' ? wish.tls.kind : 'own',
    certificateFile: wish.tls.kind === 'files' ? wish.tls.certificateFile : '',
    keyFile: wish.tls.kind === 'files' ? wish.tls.keyFile : '',
    announce: wish.announce,
    name: wish.name,
  };
}

export function chosenAddresses({ chosen, other }: NetworkDraft): string[] {
  const named = other.trim();
  return named === '' ? [...chosen] : [...chosen, named];
}

/** The public address that has to be typed again; undefined where there is none or it has been. */
export function unconfirmedPublic(draft: NetworkDraft, { addresses }: LanView): string | undefined {
  if (draft.which === 'private') return undefined;
  const isPublic = (address: string): boolean =>
    addresses.some((each) => each.address === address && each.kind === 'public');
  return chosenAddresses(draft).find((address) => isPublic(address) && address !== draft.confirmed.trim());
}

export function changeOf(draft: NetworkDraft): LanChange {
  const confirmed = draft.confirmed.trim();
  return {
    on: true,
    addresses: draft.which === 'private' ? 'private' : chosenAddresses(draft),
    tls:
      draft.tls === 'files'
        ? { kind: 'files', certificateFile: draft.certificateFile.trim(), keyFile: draft.keyFile.trim() }
        : { kind: draft.tls },
    announce: draft.announce,
    name: draft.name,
    ...(confirmed !== '' && { confirmPublic: [confirmed] }),
  };
}

/** The same for a terminal. */
export function networkCommand(draft: NetworkDraft): string {
  const addresses =
    draft.which === 'private' ? ['--all-private'] : chosenAddresses(draft).map((address) => `--address ${address}`);
  const tls = {
    off: '--no-tls',
    own: '--tls',
    files: `--certificate ${draft.certificateFile || 'cert.pem'} --key ${draft.keyFile || 'key.pem'}`,
  }[draft.tls];
  const name = draft.announce ? (draft.name === 'millrace' ? [] : [`--name ${draft.name}`]) : ['--no-announce'];
  const confirmed = draft.confirmed.trim() === '' ? [] : [`--confirm-public ${draft.confirmed.trim()}`];
  return ['npx millrace lan on', ...addresses, tls, ...name, ...confirmed].join(' ');
}
