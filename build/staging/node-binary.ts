/** Finds the Node of a target: this machine's own lies in node_modules, the others come from the npm registry. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryPackage } from './registry-package.ts';
import type { RegistryOptions } from './registry-package.ts';
import { pinnedNodeVersion, targetOf } from './targets.ts';
import type { Target } from './targets.ts';

/** The Node of a target: its program and the licences that it has to be passed on with. */
export interface NodeBinary {
  readonly program: string;
  readonly licence: string;
}

/** Throws `Unreachable` without the registry, another error where what came is not what was pinned. */
export async function nodeBinary(target: Target, options: RegistryOptions): Promise<NodeBinary> {
  const isOwn = targetOf(process.platform, process.arch)?.name === target.name;
  const installed = isOwn
    ? installedHere(options.root).find((place) => existsSync(programIn(place, target)))
    : undefined;
  const folder =
    installed ??
    (await registryPackage(
      { name: target.nodePackage, version: pinnedNodeVersion, integrity: target.nodeIntegrity },
      options,
      // Headers, documents and a change log of half a megabyte stay behind.
      (path) => /^(?:bin\/|LICENSE$|package\.json$)/.test(path),
    ));
  return { program: programIn(folder, target), licence: await licenceText([folder, ...installedHere(options.root)]) };
}

/** This machine's own Node of the same version. */
function installedHere(root: string): string[] {
  const own = targetOf(process.platform, process.arch);
  if (own === undefined) return [];
  return [
    join(root, 'node_modules', 'node', 'node_modules', own.nodePackage),
    join(root, 'node_modules', own.nodePackage),
  ];
}

function programIn(folder: string, { platform }: Target): string {
  return join(folder, 'bin', platform === 'win32' ? 'node.exe' : 'node');
}

/** The package for Windows forgets it; the text of a version is the same for all systems. */
async function licenceText(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`Node's license is in none of ${folders.join(', ')}.`);
}
