/**
 * Certificates: an authority of this Millrace's own, and what it signs. The one importer of the X.509 library. Pure but for the
 * keys, which are made at random; times are passed in.
 */
import { X509Certificate, createPublicKey, createPrivateKey, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { isIP } from 'node:net';
import { MillraceError } from '../base/errors.ts';
import type { CertificateView } from '../protocol/admin/lan-view.ts';

/** Key and certificate, PEM. */
export interface PemPair {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 86_400_000;

/** Ten years: a certificate that has to be carried to each device should outlive them. */
export const authorityDays = 3650;

/** 90 days, renewed when 30 are left. Some systems take no longer ones from any authority. */
export const serverDays = 90;
export const renewBeforeDays = 30;

/** A clock that is a little behind should accept a new certificate. */
const backdateMs = 3_600_000;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * A new authority for this machine. It may sign for servers only, and for nothing below itself; what is more it can vouch for
 * is limited to names and addresses of local networks and of this machine, so that a device that trusts it trusts it for no
 * other site.
 */
export async function makeAuthority(machine: string, nowMs: number): Promise<PemPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${escapeName(`Millrace on ${machine}`)}, O=Millrace`,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await pemOf(keys.privateKey), cert: cert.toString('pem') };
}

/** A server certificate for names and addresses, signed by the authority. The chain holds the authority's as well. */
export async function makeServerCertificate(
  authority: PemPair,
  names: readonly string[],
  nowMs: number,
): Promise<PemPair> {
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' }),
    algorithm,
    false,
    ['sign'],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const endMs = Math.min(nowMs + serverDays * dayMs, issuer.notAfter.getTime());
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${escapeName(names[0] ?? 'millrace')}`,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(endMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { key: await pemOf(keys.privateKey), cert: `${cert.toString('pem')}\n${authority.cert}` };
}

/** What people and programs see of a certificate. Throws `invalid-config` where it is none. */
export function viewCertificate(pem: string): CertificateView {
  const cert = parse(pem);
  return {
    subject: oneLine(cert.subject),
    issuer: oneLine(cert.issuer),
    names: namesOf(cert),
    fingerprint: cert.fingerprint256,
    notBefore: cert.validFromDate.toISOString(),
    notAfter: cert.validToDate.toISOString(),
  };
}

/** Throws `invalid-config` where the key is not that of the certificate, or the certificate's time is not now. */
export function checkPair({ cert, key }: PemPair, nowMs: number): void {
  const parsed = parse(cert);
  let fits: boolean;
  try {
    fits = parsed.publicKey.equals(createPublicKey(createPrivateKey(key)));
  } catch (cause) {
    throw new MillraceError(
      'invalid-config',
      'The key file holds no private key that can be read without a password.',
      {
        hint: 'Use a PEM file without a password, readable by its owner only.',
        cause,
      },
    );
  }
  if (!fits) {
    throw new MillraceError('invalid-config', 'The key is not the one of this certificate.', {
      hint: 'Name the two files that belong together.',
    });
  }
  if (parsed.validToDate.getTime() <= nowMs || parsed.validFromDate.getTime() > nowMs) {
    throw new MillraceError(
      'invalid-config',
      `The certificate is good from ${parsed.validFromDate.toISOString().slice(0, 10)} to ${parsed.validToDate.toISOString().slice(0, 10)}, which is not now.`,
      { hint: 'Renew it, or set the clock of this computer.' },
    );
  }
}

/** Whether a certificate of ours should be made anew: its end is near, or it lacks a name. */
export function isDue(view: CertificateView, names: readonly string[], nowMs: number): boolean {
  const leftMs = Date.parse(view.notAfter) - nowMs;
  return leftMs < renewBeforeDays * dayMs || names.some((name) => !view.names.includes(name));
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new MillraceError('invalid-config', 'The certificate file holds no certificate in PEM.', {
      hint: 'It should begin with -----BEGIN CERTIFICATE-----, the chain below it.',
      cause,
    });
  }
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .flatMap((each) => /^(?:DNS|IP Address):(.+)$/.exec(each)?.[1] ?? [])
    .map((name) => (isIP(name) === 6 ? shortIpv6(name) : name.toLowerCase()));
}

/** As the system writes it: `FD00:0:0:0:…` becomes `fd00::…`. */
function shortIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

/** RFC 5280: positive, at most 20 bytes. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  return Buffer.from(bytes).toString('hex');
}

/** RFC 4514. */
function escapeName(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 60);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}
