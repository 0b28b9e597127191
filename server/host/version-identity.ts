/**
 * Which contents answer for a model version now: the digest in the keys of its saved answers.
 *
 * A replica reads its files when it starts, at a time of its own. So each that becomes ready asks whether they are still what
 * the digest was made of; until that is known nothing is looked up or saved, and once they differ nothing is any more:
 * replicas with old and new contents may be running side by side.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { versionFingerprint } from '../models/file-digests.ts';
import type { FileDigests } from '../models/file-digests.ts';
import type { UpstreamSettings } from '../protocol/upstream-settings.ts';

export class VersionIdentity {
  readonly #folder: string;
  readonly #digests: FileDigests;
  #digest: string | undefined;
  #fingerprint: string | undefined;
  #checks = 0;
  #changed = false;

  /** `modelPath`: absolute path of the version's model file. */
  constructor(modelPath: string, digests: FileDigests) {
    this.#folder = dirname(modelPath);
    this.#digests = digests;
  }

  /** Undefined while it is being found out, and from the moment when the files are not what they were. */
  get digest(): string | undefined {
    return this.#changed || this.#checks > 0 ? undefined : this.#digest;
  }

  /** The files on disk are not those that were first loaded. */
  get changed(): boolean {
    return this.#changed;
  }

  /** A replica has read the files, at some moment before this call. Resolves when the digest is right again, or gone. */
  async onLoaded(): Promise<void> {
    this.#checks++;
    try {
      const before = await versionFingerprint(this.#folder);
      if (this.#fingerprint !== undefined) this.#changed ||= this.#fingerprint !== before;
      this.#fingerprint ??= before;
      if (this.#digest !== undefined || this.#changed) return;
      const digest = await this.#digests.digestOf(this.#folder);
      if ((await versionFingerprint(this.#folder)) === this.#fingerprint) this.#digest ??= digest;
    } catch {
      this.#changed = true;
    } finally {
      this.#checks--;
    }
  }
}

/** For a model that other servers answer for: nobody here knows what they run, so it is named by where it is. */
export function remoteIdentity(name: string, upstreams: readonly UpstreamSettings[]): string {
  const parts = [name, ...upstreams.map(({ url }) => url).sort()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
