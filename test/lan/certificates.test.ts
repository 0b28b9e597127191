import { X509Certificate, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  authorityDays,
  checkPair,
  isDue,
  makeAuthority,
  makeServerCertificate,
  renewBeforeDays,
  serverDays,
  viewCertificate,
} from '../../server/lan/certificates.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 24);
const names = ['millrace.local', 'pc', '192.168.1.5', 'fd00::7'];

const authority = await makeAuthority('Halle 3 / "PC", CN=x', nowMs);
const server = await makeServerCertificate(authority, names, nowMs);

describe('the authority', () => {
  it('may sign, for nothing below itself, and is named after the machine without its signs', () => {
    const cert = new X509Certificate(authority.cert);
    expect(cert.ca).toBe(true);
    expect(cert.subject).toBe('CN=Millrace on Halle 3 - -PC-- CN-x\nO=Millrace');
    expect(cert.verify(cert.publicKey)).toBe(true);
    expect(cert.validToDate.getTime() - nowMs).toBe(authorityDays * dayMs);
    expect(cert.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('is another one each time', async () => {
    const other = await makeAuthority('pc', nowMs);
    expect(new X509Certificate(other.cert).serialNumber).not.toBe(new X509Certificate(authority.cert).serialNumber);
    expect(new X509Certificate(server.cert).verify(new X509Certificate(other.cert).publicKey)).toBe(false);
  });
});

describe('a server’s certificate', () => {
  it('is signed by the authority, for its names and addresses, and signs nothing', () => {
    const cert = new X509Certificate(server.cert);
    expect(cert.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(cert.checkIssued(new X509Certificate(authority.cert))).toBe(true);
    expect(cert.ca).toBe(false);
    // Basic constraints that say CA, as bytes: `ca` above looks at more than these.
    expect(cert.raw.includes(Buffer.from('30030101ff', 'hex'))).toBe(false);
    expect(new X509Certificate(authority.cert).raw.includes(Buffer.from('30060101ff020100', 'hex'))).toBe(true);
    expect(cert.checkHost('millrace.local')).toBe('millrace.local');
    expect(cert.checkIP('192.168.1.5')).toBe('192.168.1.5');
    expect(cert.checkIP('fd00::7')).toBe('fd00::7');
    expect([cert.checkHost('evil.local'), cert.checkIP('192.168.1.6')]).toEqual([undefined, undefined]);
    expect(cert.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(() => checkPair(server, nowMs)).not.toThrow();
  });

  it('comes with the authority’s, and never with a key', () => {
    expect(server.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(server.cert).not.toContain('PRIVATE');
    expect(createPrivateKey(server.key).asymmetricKeyType).toBe('ec');
  });

  it('is shown with its names as they were given', () => {
    expect(viewCertificate(server.cert)).toMatchObject({ names, subject: 'CN=millrace.local' });
  });

  it('is due when its end is near or a name is missing, and not before', () => {
    const view = viewCertificate(server.cert);
    const endMs = nowMs + serverDays * dayMs;
    expect(isDue(view, names, endMs - renewBeforeDays * dayMs)).toBe(false);
    expect(isDue(view, names, endMs - renewBeforeDays * dayMs + 1)).toBe(true);
    expect(isDue(view, [...names, 'new.lan'], nowMs)).toBe(true);
    expect(isDue(view, names.slice(1), nowMs)).toBe(false);
  });

  it('does not outlive its authority', async () => {
    const late = await makeServerCertificate(authority, names, nowMs + (authorityDays - 10) * dayMs);
    expect(new X509Certificate(late.cert).validToDate.getTime()).toBe(nowMs + authorityDays * dayMs);
  });

  it('is refused with another key, too early, too late, and as something else', async () => {
    const other = await makeServerCertificate(authority, names, nowMs);
    expect(() => checkPair({ cert: server.cert, key: other.key }, nowMs)).toThrow('not the one of this certificate');
    expect(() => checkPair(server, nowMs + serverDays * dayMs)).toThrow('is not now');
    expect(() => checkPair(server, nowMs - 2 * 3_600_000)).toThrow('is not now');
    expect(() => checkPair({ cert: server.cert, key: 'x' }, nowMs)).toThrow('no private key');
    expect(() => viewCertificate('x')).toThrow('no certificate');
  });
});
