/**
 * Whether a release is the makers' own. The list of a release (`latest*.yml`: version, files, their SHA-512) has beside it a
 * signature by a key of which only the public half is in the program. Without it whoever holds the address, or hands over a
 * file, could put any program in the place of this one. Pure.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { MillraceError } from '../base/errors.ts';

/** Of the file beside the list. */
export const signatureEnding = '.sig';

/** Ed25519, base64 in one line. `privateKey` is PEM. */
export function signList(list: Buffer, privateKey: string): string {
  return `${sign(null, list, createPrivateKey(privateKey)).toString('base64')}\n`;
}

/** Throws `forbidden` where the signature is not the makers'. `publicKey` is PEM, or the base64 of its DER. */
export function checkSignature(list: Buffer, signature: string, publicKey: string): void {
  let isGenuine = false;
  try {
    const key = publicKey.includes('BEGIN')
      ? createPublicKey(publicKey)
      : createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    isGenuine = key.asymmetricKeyType === 'ed25519' && verify(null, list, key, Buffer.from(signature.trim(), 'base64'));
  } catch {
    isGenuine = false;
  }
  if (isGenuine) return;
  throw new MillraceError('forbidden', "The update does not carry the makers' signature.", {
    hint: 'Nothing was changed. Get it from where Millrace is published, or ask who gave it to you.',
  });
}
