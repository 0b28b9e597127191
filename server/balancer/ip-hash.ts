/**
 * nginx's ip_hash: one client network, one candidate.
 *
 * Only the first three octets of an IPv4 address are hashed, so a whole /24 shares a candidate, and so does every client
 * on this machine. Kept because people know it; the `session` policy (rendezvous.ts) spreads better and moves less.
 * Source: nginx src/http/modules/ngx_http_upstream_ip_hash_module.c.
 */

import { isIPv4, isIPv6 } from 'node:net';

import type { Candidate, SelectionPolicy, SelectionRequest } from './candidate.ts';
import { SmoothWeighted } from './smooth-weighted.ts';

const seed = 89;
const maxMisses = 20;
const mappedPrefix = '::ffff:';
const dot = 46;
const digitZero = 48;

export class IpHash implements SelectionPolicy {
  readonly name = 'ip-hash';
  readonly #fallback: SmoothWeighted;
  readonly #address = new Uint8Array(16);

  constructor(maxFails?: number) {
    this.#fallback = new SmoothWeighted(maxFails);
  }

  /**
   * The candidate whose share of the total weight the hash falls into. The table spans the whole set, so one that is
   * down moves nobody else's clients. If it is not eligible the hash goes on from where it stands, over the same bytes;
   * after 20 more misses round robin decides.
   */
  pick(
    all: readonly Candidate[],
    isEligible: (candidate: Candidate) => boolean,
    { clientIp }: SelectionRequest,
  ): Candidate | undefined {
    let totalWeight = 0;
    for (const candidate of all) totalWeight += candidate.weight;
    if (totalWeight === 0) return undefined;
    const length = readAddress(clientIp, this.#address);
    let hash = seed;
    for (let misses = 0; misses <= maxMisses; misses++) {
      hash = hashAddress(hash, this.#address, length);
      const candidate = candidateAt(all, hash % totalWeight);
      if (isEligible(candidate)) return candidate;
    }
    return this.#fallback.pick(all, isEligible);
  }

  onFailure(name: string): void {
    this.#fallback.onFailure(name);
  }
}

/** One round of nginx's hash over the first `length` bytes, starting at `hash`. Result 0..6270. */
export function hashAddress(hash: number, bytes: Uint8Array, length: number): number {
  let next = hash;
  for (let i = 0; i < length; i++) next = (next * 113 + bytes[i]!) % 6271;
  return next;
}

function candidateAt(all: readonly Candidate[], point: number): Candidate {
  let rest = point;
  let i = 0;
  while (rest >= all[i]!.weight) rest -= all[i++]!.weight;
  return all[i]!;
}

/**
 * Writes the bytes that are hashed for an address into `into` (16 long) and returns how many: 3 for IPv4, also when it
 * comes as IPv4-mapped IPv6 (`::ffff:192.168.0.7`, what a dual-stack socket reports), 16 for IPv6. Anything else, such
 * as the peer of a local socket, is three zero bytes.
 */
export function readAddress(ip: string, into: Uint8Array): 3 | 16 {
  const ipv4 = ip.startsWith(mappedPrefix) ? ip.slice(mappedPrefix.length) : ip;
  if (isIPv4(ipv4)) {
    readIpv4(ipv4, into, 0);
    return 3;
  }
  into.fill(0);
  if (!isIPv6(ip)) return 3;
  readIpv6(ip, into);
  if (!isMapped(into)) return 16;
  into.copyWithin(0, 12, 15);
  return 3;
}

/** Reads a valid `a.b.c.d` into four bytes at `at`. */
function readIpv4(text: string, into: Uint8Array, at: number): void {
  let octet = 0;
  let next = at;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      into[next++] = octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - digitZero;
    }
  }
  into[next] = octet;
}

/** Reads a valid IPv6 text (RFC 4291 section 2.2) into 16 zeroed bytes; a zone such as `%eth0` is left out. */
function readIpv6(text: string, into: Uint8Array): void {
  const [head = '', tail = ''] = text.replace(/%.*/, '').split('::');
  readGroups(head, into, 0);
  readGroups(tail, into, 16 - sizeOf(tail));
}

function readGroups(text: string, into: Uint8Array, start: number): void {
  if (text === '') return;
  let at = start;
  for (const group of text.split(':')) {
    if (group.includes('.')) {
      readIpv4(group, into, at);
    } else {
      const value = Number.parseInt(group, 16);
      into[at] = value >> 8;
      into[at + 1] = value & 0xff;
    }
    at += 2;
  }
}

/** Bytes that a run of groups stands for; a dotted IPv4 group stands for four. */
function sizeOf(text: string): number {
  if (text === '') return 0;
  return text.split(':').length * 2 + (text.includes('.') ? 2 : 0);
}

/** `::ffff:0:0/96`, RFC 4291 section 2.5.5.2. */
function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
