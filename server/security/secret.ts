/** Secrets that a program holds for a person: how they are made, kept and compared. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits, so that a plain hash is enough and no guess is worth making. Characters of base64url. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 in hexadecimal: what is kept and stored instead of the secret. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in a time that does not depend on where two hashes differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
