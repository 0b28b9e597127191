/**
 * Where a load test sends: checked once, by address. A load test is a weapon when it is aimed at somebody else, so it goes to
 * this machine and to private networks only, and says so where it refuses.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { MillraceError } from '../base/errors.ts';

export interface Endpoint {
  readonly secure: boolean;
  /** Resolved once: a name that changes its address during a test does not move the load. */
  readonly address: string;
  readonly port: number;
  /** As the URL names it, for the Host header and for TLS. */
  readonly host: string;
  readonly hostName: string;
  /** Of the URL, without a slash at its end. */
  readonly basePath: string;
  readonly insecure: boolean;
}

const near = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  // Carrier-grade NAT, which overlay networks use.
  ['100.64.0.0', 10],
] as const)
  near.addSubnet(network, bits, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

/** Loopback, private, link-local. */
export function isNear(address: string): boolean {
  return near.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** Throws `invalid-config` for a URL that is none, a name without address, and an address outside of private networks. */
export async function resolveEndpoint(
  url: string,
  insecure: boolean,
  resolve: (name: string) => Promise<string> = firstAddress,
): Promise<Endpoint> {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new MillraceError('invalid-config', `'${url}' is no http or https URL.`, {
      hint: 'Give one like http://127.0.0.1:8000, or the name of a model of the running host.',
    });
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new MillraceError('invalid-config', 'The URL holds a user or a password.', {
      hint: "Send credentials as a header: --header 'Authorization: …'.",
    });
  }
  const hostName = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = isIP(hostName) === 0 ? await resolve(hostName) : hostName;
  if (!isNear(address)) {
    throw new MillraceError(
      'invalid-config',
      `${parsed.host} is ${address}, a public address; a load test goes to this machine or a private network only.`,
      { hint: 'Test the server under its address in your own network.' },
    );
  }
  const secure = parsed.protocol === 'https:';
  return {
    secure,
    address,
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    host: parsed.host,
    hostName,
    basePath: parsed.pathname.replace(/\/+$/, ''),
    insecure,
  };
}

async function firstAddress(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (error) {
    throw new MillraceError('invalid-config', `The name ${name} has no address here.`, {
      hint: 'Check the name, or give the address as a number.',
      cause: error,
    });
  }
}
