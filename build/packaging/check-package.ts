/**
 * Looks at what electron-builder has packed, before an installer is made of it: the server folder whole and right, the archive with
 * the shell and nothing else, its manifest the same as the folder's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { checkStage } from '../staging/check-stage.ts';
import { manifestName } from '../staging/manifest.ts';
import type { Target } from '../staging/targets.ts';

export interface PackageReport {
  /** Paths in the archive, with `/` and without a leading one. */
  readonly archived: readonly string[];
  readonly serverBytes: number;
  /** One clause each; empty where nothing is wrong. */
  readonly faults: readonly string[];
}

/** Where the archive has the list that the shell compares the server folder with. */
export const archivedManifest = 'dist/electron/server-manifest.json';

const expected = ['package.json', 'dist/electron/main.js', 'dist/electron/preload.cjs', archivedManifest];
/** Made where releases have an address and a key. */
const optional = ['dist/electron/updates.json'];

export async function checkPackage(resourcesFolder: string, target: Target): Promise<PackageReport> {
  const asar = join(resourcesFolder, 'app.asar');
  const archived = listPackage(asar, { isPack: false })
    .map((path) => path.replaceAll('\\', '/').replace(/^\//, ''))
    // Folders are listed too; none of the files here is without an ending.
    .filter((path) => /\.[a-z]+$/.test(path));
  const server = join(resourcesFolder, 'server');
  const { sizeBytes, faults } = await checkStage(server, target);
  const more = [
    ...expected.filter((path) => !archived.includes(path)).map((path) => `the archive lacks ${path}`),
    ...archived
      .filter((path) => ![...expected, ...optional].includes(path))
      .map((path) => `the archive has ${path}, which does not belong there`),
  ];
  if (archived.includes(archivedManifest)) {
    const inArchive = extractFile(asar, archivedManifest).toString();
    const inFolder = await readFile(join(server, manifestName), 'utf8').catch(() => '');
    if (!isSameList(inArchive, inFolder)) more.push("the archive's manifest is not that of the server folder");
  }
  return { archived, serverBytes: sizeBytes, faults: [...faults, ...more] };
}

/** The archive's also lists the folder's own list, which cannot list itself. */
function isSameList(inArchive: string, inFolder: string): boolean {
  if (inFolder === '') return false;
  const { [manifestName]: own, ...files } = (JSON.parse(inArchive) as { files: Record<string, unknown> }).files;
  return own !== undefined && JSON.stringify({ files }) === JSON.stringify(JSON.parse(inFolder));
}
