/**
 * An Updater made of electron-updater, which knows how each system exchanges a program that runs. Of a release's address it believes
 * only what carries the makers' signature; the list that is signed has the SHA-512 of each file, which electron-updater checks.
 * The only file that imports electron-updater, and by it Electron.
 */
import electronUpdater from 'electron-updater';
import type { ResolvedUpdateFileInfo, UpdateInfo } from 'electron-updater';
import { parseUpdateInfo, resolveFiles } from 'electron-updater/out/providers/Provider.js';
import type { ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js';
import type { Updater } from './update-keeper.ts';
import { checkSignature, signatureEnding } from './update-signature.ts';

interface SignedAddress {
  readonly provider: 'custom';
  readonly base: string;
  readonly publicKey: string;
}

class SignedProvider extends electronUpdater.Provider<UpdateInfo> {
  readonly #base: URL;
  readonly #publicKey: string;

  constructor({ base, publicKey }: SignedAddress, _: unknown, options: ProviderRuntimeOptions) {
    super(options);
    this.#base = new URL(base.endsWith('/') ? base : `${base}/`);
    this.#publicKey = publicKey;
  }

  /** Throws `forbidden` where the list is not the makers'. */
  override async getLatestVersion(): Promise<UpdateInfo> {
    const name = `${this.getDefaultChannelName()}.yml`;
    const url = new URL(name, this.#base);
    const list = (await this.httpRequest(url)) ?? '';
    const signature = (await this.httpRequest(new URL(`${name}${signatureEnding}`, this.#base))) ?? '';
    checkSignature(Buffer.from(list), signature, this.#publicKey);
    return parseUpdateInfo(list, name, url);
  }

  override resolveFiles(release: UpdateInfo): ResolvedUpdateFileInfo[] {
    return resolveFiles(release, this.#base);
  }
}

/** `publicKey`: see update-signature.ts. */
export function signedUpdater(publicKey: string): Updater {
  const updater = electronUpdater.autoUpdater;
  // When what happens is update-decision.ts's business.
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = false;
  updater.allowDowngrade = false;
  // Parts of an older file save bytes, and need that file's map at the same address.
  updater.disableDifferentialDownload = true;
  updater.logger = null;
  // Each failure also rejects what was awaited.
  updater.on('error', () => {});
  return {
    useAddress(base) {
      const address = { provider: 'custom', base, publicKey, updateProvider: SignedProvider };
      updater.setFeedURL(address as unknown as Parameters<typeof updater.setFeedURL>[0]);
    },
    async check() {
      const result = await updater.checkForUpdates();
      return result?.isUpdateAvailable === true ? result.updateInfo.version : undefined;
    },
    async download(onPercent) {
      const onProgress = ({ percent }: { readonly percent: number }): void => onPercent(percent);
      updater.on('download-progress', onProgress);
      try {
        await updater.downloadUpdate();
      } finally {
        updater.removeListener('download-progress', onProgress);
      }
    },
    // Without questions, and started again afterwards.
    install: () => updater.quitAndInstall(true, true),
  };
}
