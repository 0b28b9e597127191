/**
 * Puts together what a headless server needs on this system and nothing else: sources, demo models, the built GUI, the packages that are
 * no development dependencies, with the binaries of one system, and the Node of the lock file as `bin/node`.
 *
 *   node build/container.mjs <folder>
 *
 * What is left out is listed below, so that a package that brings more binaries one day is found by the size that this prints.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of the repository. */
const parts = ['bin', 'server', 'resources', 'package.json', 'LICENSE'];
const buildParts = ['health.mjs', 'warm-compile-cache.mjs'];

/**
 * Paths below node_modules that are not needed there, with `/`. The runtime's other systems, SQLite's sources and other systems, types,
 * source maps and documents of packages.
 */
function isLeftOut(path, { platform, arch }) {
  if (/^node(?:\/|-bin-setup(?:\/|$)|$)/.test(path)) return true; // Its program is bin/node.
  if (/^onnxruntime-node\/bin\/napi-v\d+\//.test(path)) {
    const [, , , system, cpu] = path.split('/');
    return system !== platform || (cpu !== undefined && cpu !== arch);
  }
  if (/^better-sqlite3\/(?:deps|src|binding\.gyp)/.test(path)) return true;
  const prebuilt = /^better-sqlite3\/prebuilds\/(.+)\.node$/.exec(path);
  if (prebuilt !== null) return prebuilt[1] !== `${platform}-${arch}`;
  return /\.(?:d\.[cm]?ts|map|md|markdown)$/i.test(path) || /\/dist-types(?:\/|$)/.test(path);
}

/** Folders of packages that run in production, from the lock file; those for other systems are not there. */
export function productionPackages(lock) {
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path.startsWith('node_modules/') && !dev && !devOptional)
    .map(([path]) => path);
}

/** Gives the bytes that were written. `system` is as in `process`. */
export function stageContainer(from, to, system = { platform: process.platform, arch: process.arch }) {
  mkdirSync(join(to, 'build'), { recursive: true });
  for (const part of parts) cpSync(join(from, part), join(to, part), { recursive: true });
  for (const part of buildParts) copyFileSync(join(from, 'build', part), join(to, 'build', part));
  if (existsSync(join(from, 'dist', 'gui')))
    cpSync(join(from, 'dist', 'gui'), join(to, 'dist', 'gui'), { recursive: true });
  const modules = join(from, 'node_modules');
  const lock = JSON.parse(readFileSync(join(from, 'package-lock.json'), 'utf8'));
  const nested = (path) => path.endsWith(`${sep}node_modules`);
  for (const path of productionPackages(lock)) {
    if (!existsSync(join(from, path))) continue;
    cpSync(join(from, path), join(to, path), {
      recursive: true,
      // Packages within a package are entries of the lock file of their own.
      filter: (source) => {
        const inModules = relative(modules, source).split(sep).join('/');
        return !nested(source) && !isLeftOut(inModules, system);
      },
    });
  }
  const node = join(to, 'bin', 'node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(join(modules, 'node', 'bin', 'node'), node);
  chmodSync(node, 0o755);
  return sizeOf(to);
}

function sizeOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [to] = process.argv.slice(2);
  if (to === undefined) {
    console.error('Usage: node build/container.mjs <folder>');
    process.exit(2);
  }
  console.log(`${to}: ${Math.round(stageContainer(root, to) / 1e6)} MB`);
}
