/**
 * The key of a client program: its text, what of it is kept, and what it may do. Pure.
 *
 *   mr_1f2e3d4c_<43 characters of base64url, 256 bits>
 *      public id   secret
 *
 * The id finds the record, so that the secret is compared once, in constant time, and lists can name a key without knowing it.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyRight } from '../protocol/admin/key-view.ts';
import { makeSecret } from './secret.ts';

/** What is kept of a key. */
export interface KeyRecord {
  readonly id: string;
  /** SHA-256 of the whole text, hexadecimal. */
  readonly hash: string;
  readonly name: string;
  readonly rights: readonly KeyRight[];
  /** Undefined: all. */
  readonly models: readonly string[] | undefined;
  /** Undefined: any. */
  readonly addresses: readonly string[] | undefined;
  readonly ratePerSecond: number | undefined;
  readonly share: number;
  readonly hasPrivateCache: boolean;
  /** Milliseconds since 1970, as all times here. */
  readonly createdMs: number;
  readonly expiresMs: number | undefined;
}

const keyPattern = /^mr_([0-9a-f]{8})_[\w-]{43}$/;

export interface KeyText {
  readonly id: string;
  /** All of it, for the client and nobody else. */
  readonly text: string;
}

export function makeKeyText(): KeyText {
  const id = randomBytes(4).toString('hex');
  return { id, text: `mr_${id}_${makeSecret()}` };
}

/** The public id of what was sent as a key; undefined where it has not a key's form. */
export function keyIdOf(text: string): string | undefined {
  return keyPattern.exec(text)?.[1];
}

/** True where `text` is the key of this hash. Takes as long for every text of a key's length. */
export function isKey(text: string, hashHex: string): boolean {
  return timingSafeEqual(hash('sha256', text, 'buffer'), Buffer.from(hashHex, 'hex'));
}

/** Whether a key with these rights may do what a route needs. A key for administration may do everything. */
export function hasRight(rights: readonly KeyRight[], right: KeyRight): boolean {
  return rights.includes(right) || rights.includes('admin');
}

/** An address as people write it: IPv4 also where it came over IPv6. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
