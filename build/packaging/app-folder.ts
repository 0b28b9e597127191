/**
 * The folder that becomes the desktop package's archive: the built shell, a package.json without dependencies, the list of the
 * server folder's files, and where updates come from.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { manifestName } from '../staging/manifest.ts';
import type { ServerManifest } from '../staging/manifest.ts';
import { appPackageJson } from './builder-config.ts';
import { archivedManifest } from './check-package.ts';

/** Where releases are published and the public half of the key that signs them; without both a package looks for no updates. */
export interface UpdateSource {
  readonly url: string;
  /** Base64 of the DER of an Ed25519 key. */
  readonly publicKey: string;
}

export interface AppFolderInputs {
  readonly version: string;
  /** With main.js and preload.cjs. */
  readonly shellFolder: string;
  readonly serverFolder: string;
  readonly updates?: UpdateSource;
}

/** Writes it anew; throws where the shell is not built. */
export async function writeAppFolder(folder: string, inputs: AppFolderInputs): Promise<void> {
  const shell = join(folder, 'dist', 'electron');
  await rm(folder, { recursive: true, force: true });
  await mkdir(shell, { recursive: true });
  for (const name of ['main.js', 'preload.cjs']) {
    await copyFile(join(inputs.shellFolder, name), join(shell, name)).catch((error: unknown) => {
      throw new Error('The desktop shell is not built. Run `node build/electron.mjs` first.', { cause: error });
    });
  }
  await writeFile(join(folder, 'package.json'), appPackageJson(inputs.version));
  await writeFile(join(folder, archivedManifest), JSON.stringify(await completeManifest(inputs.serverFolder)));
  if (inputs.updates !== undefined) {
    await writeFile(join(shell, 'updates.json'), JSON.stringify(inputs.updates));
  }
}

/** The folder's own list and one line more, for that list: the shell accepts no file that is not on its list. */
async function completeManifest(serverFolder: string): Promise<ServerManifest> {
  const own = await readFile(join(serverFolder, manifestName));
  const { files } = JSON.parse(own.toString()) as ServerManifest;
  const sha256 = createHash('sha256').update(own).digest('hex');
  return { files: { ...files, [manifestName]: { sha256, size: own.length } } };
}
