/**
 * Which packages a bundle has inside, for the list of licences: those that its sources import, and what these depend on. Pure.
 */
import type { LockFile, ProductionPackage } from './production-packages.ts';

interface WithDependencies {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** At the start of a line, or where a dynamic import begins: the words also stand in texts. */
const importPattern = /(?:^(?:import|export)\s(?:[^'"]*?\sfrom\s+)?|\bimport\(\s*)['"]([^.'"\n][^'"\n]*)['"]/gm;

/** Package names that a source file imports; Node's own modules and type imports aside. */
export function importedPackages(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\bimport\s+type\s[^;]*;/g, '');
  return [...code.matchAll(importPattern)]
    .map((match) => match[1]!)
    .filter((name) => !name.startsWith('node:') && name !== 'electron' && name !== 'virtual:')
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

/** The packages named and everything below them, in the order of their paths. Throws where the lock file lacks one. */
export function bundledPackages(names: Iterable<string>, lock: LockFile): ProductionPackage[] {
  const entries = lock.packages as Readonly<Record<string, WithDependencies>>;
  const found = new Map<string, ProductionPackage>();
  const visit = (name: string, from: string): void => {
    const path = resolvePath(name, from, entries);
    if (path === undefined) throw new Error(`${name} is imported and not in the lock file.`);
    if (found.has(path)) return;
    const { version = '', license = 'unknown', integrity = '', dependencies = {} } = entries[path]!;
    found.set(path, { path, name, version, license, integrity });
    for (const dependency of Object.keys(dependencies)) visit(dependency, path);
  };
  for (const name of new Set(names)) visit(name, '');
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Node's rule: the nearest node_modules on the way up. */
function resolvePath(
  name: string,
  from: string,
  entries: Readonly<Record<string, WithDependencies>>,
): string | undefined {
  // `node_modules/a/node_modules/b` looks in its own folder, then in that of a, then at the top.
  const parts = from === '' ? [] : from.split('/node_modules/');
  for (let depth = parts.length; depth >= 0; depth--) {
    const place = parts.slice(0, depth).join('/node_modules/');
    const path = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (entries[path] !== undefined) return path;
  }
  return undefined;
}
