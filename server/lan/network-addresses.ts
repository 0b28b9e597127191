/** The addresses of this machine on its networks, told apart by who can reach them. Pure; node:os is asked by the caller. */
import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import type { NetworkAddress } from '../protocol/admin/lan-view.ts';

const privateRanges = rangesOf([
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  // Unique local (RFC 4193).
  ['fc00::', 7, 'ipv6'],
]);

/** Shared by providers (RFC 6598) and used by overlay networks. */
const sharedRanges = rangesOf([['100.64.0.0', 10, 'ipv4']]);

const loopbackRanges = rangesOf([
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
]);

const linkLocalRanges = rangesOf([
  ['169.254.0.0', 16, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
]);

/** Bridges to containers and virtual machines: nobody on the network comes in there. */
const virtualNames =
  /^(?:docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|lxc|podman|bridge\d|vEthernet|VMware|VirtualBox)/i;

const tunnelNames = /^(?:tun|tap|wg|utun|ppp|tailscale|zt|ipsec|nordlynx)/i;

/** Addresses that a client elsewhere could use, by interface; loopback and link-local ones are none. */
export function networkAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): NetworkAddress[] {
  return Object.entries(interfaces).flatMap(([interfaceName, infos = []]) =>
    infos.flatMap(({ address, internal }): NetworkAddress[] => {
      const kind = kindOf(address, interfaceName);
      return internal || kind === undefined ? [] : [{ address, interfaceName, kind }];
    }),
  );
}

/** Undefined for addresses that only this machine or this cable knows. */
export function kindOf(address: string, interfaceName: string): NetworkAddress['kind'] | undefined {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (loopbackRanges.check(address, family) || linkLocalRanges.check(address, family)) return undefined;
  if (tunnelNames.test(interfaceName) || sharedRanges.check(address, family)) return 'vpn';
  if (!privateRanges.check(address, family)) return 'public';
  return virtualNames.test(interfaceName) ? 'virtual' : 'private';
}

/** Anybody on the internet might reach it, as far as its form tells. */
export function isPublic(address: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const known = [privateRanges, sharedRanges, loopbackRanges, linkLocalRanges];
  return !known.some((ranges) => ranges.check(address, family));
}

/** As a URL and a Host header have it. */
export function hostOf(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

function rangesOf(ranges: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
