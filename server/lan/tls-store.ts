/**
 * The certificate that the network's listeners show: an own authority and what it signs, in `tls/` of the data folder, or the
 * user's files. Knows when it is to be renewed or has been changed; who asks regularly gets the new one.
 */
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { CertificateView, LanTls } from '../protocol/admin/lan-view.ts';
import type { PemPair } from './certificates.ts';

/** The library for certificates is loaded when the first one is wanted: most hosts never need it. */
const certificates = () => import('./certificates.ts');

export interface CurrentIdentity {
  readonly pair: PemPair;
  readonly view: CertificateView;
  /** Undefined for the user's own certificate. */
  readonly authority: CertificateView | undefined;
}

export class TlsStore {
  readonly #folder: string;
  readonly #machine: string;
  #current: { readonly identity: CurrentIdentity; readonly from: string } | undefined;
  #authorityPem: string | undefined;

  /** `machine`: its name, for people who look at the authority. */
  constructor(dataDirectory: string, machine: string) {
    this.#folder = join(dataDirectory, 'tls');
    this.#machine = machine;
  }

  /** The authority's certificate, PEM; undefined before there is one. Its key never leaves this file. */
  async authorityPem(): Promise<string | undefined> {
    this.#authorityPem ??= await readFile(join(this.#folder, 'authority.pem'), 'utf8').catch(() => undefined);
    return this.#authorityPem;
  }

  /**
   * The certificate to show now; undefined without TLS. A new one where the names, the files or the time want it. Throws
   * `invalid-config` for the user's files and `storage-failed` for ours.
   */
  async identity(tls: LanTls, names: readonly string[], nowMs: number): Promise<CurrentIdentity | undefined> {
    if (tls.kind === 'off') return undefined;
    return tls.kind === 'own' ? this.#own(names, nowMs) : this.#files(tls, nowMs);
  }

  async #own(names: readonly string[], nowMs: number): Promise<CurrentIdentity> {
    const { checkPair, isDue, makeServerCertificate, viewCertificate } = await certificates();
    const authority = await this.#authority(nowMs);
    const authorityView = viewCertificate(authority.cert);
    const from = `own ${authorityView.fingerprint}`;
    const known = this.#current?.from === from ? this.#current.identity : undefined;
    if (known !== undefined && !isDue(known.view, names, nowMs)) return known;
    const kept = await this.#read('server');
    const isGood =
      kept !== undefined &&
      kept.cert.includes(authority.cert.trim()) &&
      doesNotThrow(() => checkPair(kept, nowMs)) &&
      !isDue(viewCertificate(kept.cert), names, nowMs);
    const pair = isGood ? kept : await makeServerCertificate(authority, names, nowMs);
    if (!isGood) await this.#write('server', pair);
    const identity = { pair, view: viewCertificate(pair.cert), authority: authorityView };
    this.#current = { identity, from };
    return identity;
  }

  /** Made once; made anew where it has ended, which every device then has to learn. */
  async #authority(nowMs: number): Promise<PemPair> {
    const { checkPair, makeAuthority } = await certificates();
    const kept = await this.#read('authority');
    if (kept !== undefined && doesNotThrow(() => checkPair(kept, nowMs))) return kept;
    const made = await makeAuthority(this.#machine, nowMs);
    await this.#write('authority', made);
    this.#authorityPem = made.cert;
    return made;
  }

  async #files(tls: Extract<LanTls, { kind: 'files' }>, nowMs: number): Promise<CurrentIdentity> {
    const { checkPair, viewCertificate } = await certificates();
    const { certificateFile, keyFile } = tls;
    const from = `files ${await stampOf(certificateFile)} ${await stampOf(keyFile)}`;
    if (this.#current?.from === from) return this.#current.identity;
    const pair = { cert: await readUserFile(certificateFile), key: await readUserFile(keyFile) };
    checkPair(pair, nowMs);
    const identity = { pair, view: viewCertificate(pair.cert), authority: undefined };
    this.#current = { identity, from };
    return identity;
  }

  /** Undefined where there is none, or half of one. */
  async #read(name: string): Promise<PemPair | undefined> {
    try {
      const [key, cert] = await Promise.all([
        readFile(join(this.#folder, `${name}.key`), 'utf8'),
        readFile(join(this.#folder, `${name}.pem`), 'utf8'),
      ]);
      return { key, cert };
    } catch {
      return undefined;
    }
  }

  /** The key first: a certificate without its key would look whole. */
  async #write(name: string, { key, cert }: PemPair): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      if (process.platform !== 'win32') await chmod(this.#folder, 0o700);
      for (const [ending, text, mode] of [
        ['key', key, 0o600],
        ['pem', cert, 0o644],
      ] as const) {
        const path = join(this.#folder, `${name}.${ending}`);
        await writeFile(`${path}.new`, text, { mode });
        await rename(`${path}.new`, path);
      }
    } catch (cause) {
      throw new MillraceError('storage-failed', 'The certificate cannot be kept in the data folder.', {
        hint: 'Look at its permissions and the free space.',
        cause,
      });
    }
  }
}

/** Changes when the file does. */
async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  return `${path} ${found.mtimeMs} ${found.size} ${found.ino}`;
}

async function readUserFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (text.length <= maxPemCharacters) return text;
  throw new MillraceError('invalid-config', `The file ${path} is too large for a certificate.`);
}

const maxPemCharacters = 200_000;

function unreadable(path: string, cause: unknown): MillraceError {
  return new MillraceError('invalid-config', `The file ${path} cannot be read.`, {
    hint: 'Check the path, and that the user that runs Millrace may read it.',
    cause,
  });
}

function doesNotThrow(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
