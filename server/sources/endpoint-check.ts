/**
 * Which addresses a source may have. Pure: it judges texts and addresses; checked-agent.ts makes each connection obey.
 *
 * A machine that fetches what somebody typed can be made to ask its own services and those of its cloud. So addresses of the
 * own machine and network need a person's word, and addresses where clouds hand out credentials are never asked.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { MillraceError } from '../base/errors.ts';
import { sourceFailure } from './source-failure.ts';

export type AddressKind =
  | 'public'
  | 'private'
  | 'loopback'
  /** Link-local, where clouds hand out credentials, and the few other addresses where they do. */
  | 'metadata'
  /** No host's address: unspecified, multicast, reserved. */
  | 'unusable';

/** IANA's special-purpose registries, and the metadata addresses of AWS, Azure, Alibaba and Oracle outside link-local. */
const ranges: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    'metadata',
    [
      '169.254.0.0/16',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fe80::/10',
      'fd00:ec2::/32',
      'fd20:ce::/32',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  [
    'private',
    ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7', 'fec0::/10'],
  ],
  [
    'unusable',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/3',
      '::/128',
      '100::/64',
    ],
  ],
  ['unusable', ['2001::/32', '2001:db8::/32', '3fff::/20', '5f00::/16', 'ff00::/8']],
];

const lists = ranges.map(([kind, networks]) => {
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/') as [string, string];
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return { kind, list };
});

/** An IPv6 address that carries an IPv4 one counts as that one: ::ffff:127.0.0.1 is this machine. */
export function classifyAddress(address: string): AddressKind {
  const plain = address.split('%')[0]!;
  const family = isIP(plain);
  if (family === 0) return 'unusable';
  const carried = family === 6 ? carriedAddress(plain) : undefined;
  if (carried !== undefined) return classifyAddress(carried);
  const found = lists.find(({ list }) => list.check(plain, family === 6 ? 'ipv6' : 'ipv4'));
  return found?.kind ?? 'public';
}

export interface EndpointRules {
  readonly allowPrivateEndpoint: boolean;
}

/** Why an address must not be connected to; undefined where it may be. `shown` is what was typed. */
export function addressRefusal(
  address: string,
  { allowPrivateEndpoint }: EndpointRules,
  shown: string,
): MillraceError | undefined {
  const kind = classifyAddress(address);
  if (kind === 'public') return undefined;
  const leadsTo = shown === address ? `${address} is` : `${shown} leads to ${address},`;
  if (kind === 'metadata') {
    return sourceFailure(
      'endpoint',
      `${leadsTo} an address where clouds hand out credentials; it is never asked.`,
      'Name the endpoint of the storage itself.',
    );
  }
  if (kind === 'unusable') {
    return sourceFailure(
      'endpoint',
      `${leadsTo} an address that no server has.`,
      'Name the endpoint of the storage itself.',
    );
  }
  if (allowPrivateEndpoint) return undefined;
  return sourceFailure(
    'endpoint',
    `${leadsTo} an address ${kind === 'loopback' ? 'of this machine' : 'in a private network'}, and this source may not ask those.`,
    'If the storage is yours, allow it: `allowPrivateEndpoint` in the settings, `--allow-private-endpoint` on the command line.',
  );
}

/** Reads an endpoint as it was typed. Throws `source-failed`, reason `endpoint`. Names are judged again when they are resolved. */
export function parseEndpoint(text: string, rules: EndpointRules): URL {
  const url = URL.parse(text);
  const refuse = (why: string): MillraceError =>
    sourceFailure(
      'endpoint',
      `The endpoint ${why}.`,
      'An endpoint looks like http://minio.factory:9000 or https://s3.example.com.',
    );
  if (url === null) throw refuse('is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refuse(`begins with ${url.protocol}; http and https are served`);
  if (url.username !== '' || url.password !== '')
    throw refuse('holds a user name or a password, which would end up in logs');
  if (url.search !== '' || url.hash !== '') throw refuse('has a query or a fragment');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) === 0 ? undefined : addressRefusal(host, rules, host);
  if (refusal !== undefined) throw refusal;
  // Resolvers answer for these names without asking anyone.
  if (/(?:^|\.)localhost\.?$/i.test(host)) {
    const loopback = addressRefusal('127.0.0.1', rules, host);
    if (loopback !== undefined) throw loopback;
  }
  return url;
}

/** The IPv4 address in a mapped, compatible, NAT64 or 6to4 address. */
function carriedAddress(address: string): string | undefined {
  const groups = groupsOf(address);
  const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const startsWith = (...start: readonly number[]): boolean => start.every((group, index) => groups[index] === group);
  if (groups[0] === 0x2002) return dotted(groups[1]!, groups[2]!);
  const isMapped = startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0);
  const isNat64 = startsWith(0x64, 0xff9b, 0, 0, 0, 0) || startsWith(0x64, 0xff9b, 1);
  // :: and ::1 are addresses of their own.
  const isCompatible = startsWith(0, 0, 0, 0, 0, 0) && groups[6]! * 65_536 + groups[7]! > 1;
  return isMapped || isNat64 || isCompatible ? dotted(groups[6]!, groups[7]!) : undefined;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text =
    dotted === null
      ? address
      : address.slice(0, dotted.index) +
        [0, 2].map((at) => (Number(dotted[at + 1]) * 256 + Number(dotted[at + 2])).toString(16)).join(':');
  const [head, tail] = text.split('::') as [string, string | undefined];
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const before = read(head);
  const after = read(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
