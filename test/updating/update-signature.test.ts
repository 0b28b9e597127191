import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkSignature, signList } from '../../server/updating/update-signature.ts';

const pair = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

describe('the signature of a release', () => {
  const makers = pair();
  const list = Buffer.from('version: 1.2.3\n');
  const signature = signList(list, makers.privateKey);

  it('is accepted with either form of the public key', () => {
    expect(() => checkSignature(list, signature, makers.publicKey)).not.toThrow();
    expect(() => checkSignature(list, signature, makers.pem)).not.toThrow();
  });

  it.each([
    ['another key', list, signature, pair().publicKey],
    ['another list', Buffer.from('version: 1.2.4\n'), signature, makers.publicKey],
    ['a signature of somebody else', list, signList(list, pair().privateKey), makers.publicKey],
    ['no signature', list, '', makers.publicKey],
    ['something else', list, '<html>', makers.publicKey],
    ['a key that is none', list, signature, 'bm9uZQ=='],
    ['an empty key', list, signature, ''],
  ])('is refused with %s', (_, text, signed, key) => {
    expect(() => checkSignature(text, signed, key)).toThrow("does not carry the makers' signature");
  });

  it('is refused with a key of another kind, whose signature would be right', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const signed = sign(null, list, rsa.privateKey).toString('base64');
    expect(() => checkSignature(list, signed, key)).toThrow("does not carry the makers' signature");
  });
});
