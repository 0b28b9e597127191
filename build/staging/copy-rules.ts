/**
 * Which files of a package go into the server folder: what runs, and the licence. Declarations, source maps, documents and
 * sources of what is compiled stay behind. They are half of the bytes and four fifths of the files, and a virus scanner reads
 * every one. Pure: paths in, yes or no out.
 */
import type { Target } from './targets.ts';

const droppedEndings = [
  '.ts',
  '.cts',
  '.mts',
  '.map',
  '.md',
  '.markdown',
  '.yml',
  '.yaml',
  '.h',
  '.hpp',
  '.c',
  '.cc',
  '.cpp',
  '.gyp',
  '.gypi',
  '.ico',
  '.png',
  '.html',
  '.sh',
  '.flow',
  '.tsbuildinfo',
] as const;

const droppedFolders = new Set(['.github', '.nyc_output', 'benchmark', 'benchmarks', 'coverage', '__tests__']);

const licencePattern = /^(?:licen[cs]e|copying|notice|copyright)/i;

/** True for the file in which a package says under what terms it may be passed on. */
export function isLicenceFile(path: string): boolean {
  return licencePattern.test(path.slice(path.lastIndexOf('/') + 1)) && !/\.(?:[cm]?js|json)$/.test(path);
}

/** `path` is relative to the package's folder, with `/`. Native packages have rules of their own. */
export function isWanted(packageName: string, path: string, target: Target): boolean {
  if (path === 'package.json') return true;
  if (isLicenceFile(path)) return true;
  const parts = path.split('/');
  // npm packs no files that begin with a dot on purpose, but some packages ship their editors' settings.
  if (parts.some((part) => droppedFolders.has(part) || part.startsWith('.'))) return false;
  if (droppedEndings.some((ending) => path.endsWith(ending))) return false;
  return nativeRules[packageName]?.(path, target) ?? true;
}

const nativeRules: Readonly<Record<string, (path: string, target: Target) => boolean>> = {
  'better-sqlite3': (path, { platform, arch }) => {
    // Its loader takes what was compiled on the spot before what was shipped: there must be nothing of the former.
    if (/^(?:build|deps|src)\//.test(path)) return false;
    return path.startsWith('prebuilds/') ? path === `prebuilds/${platform}-${arch}.node` : true;
  },
  'onnxruntime-node': (path, { platform, arch }) => {
    if (!path.startsWith('bin/')) return true;
    // The macOS build holds the library twice; the add-on is linked to the short name.
    if (/\/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/.test(path)) return false;
    return path.startsWith(`bin/napi-v6/${platform}/${arch}/`);
  },
};
