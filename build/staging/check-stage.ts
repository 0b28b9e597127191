/**
 * Looks at a finished server folder as a user's machine would: one platform, the right processor in every binary, nothing from
 * development, within its size, and its manifest true. Run after staging, and again on what electron-builder has packed.
 */
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { binaryKinds, headerBytes } from './binary-header.ts';
import { inParallel } from './in-parallel.ts';
import { differences, filesBelow, manifestName } from './manifest.ts';
import type { ServerManifest } from './manifest.ts';
import type { Target } from './targets.ts';

export interface StageReport {
  readonly sizeBytes: number;
  readonly fileCount: number;
  /** Paths of all programs and libraries. */
  readonly binaries: readonly string[];
  /** What is wrong, one clause each; empty where nothing is. */
  readonly faults: readonly string[];
}

/** Never part of a server folder: a test framework, a compiler, the desktop. */
const developmentPackages = ['vitest', 'typescript', 'vite', 'electron', 'electron-builder', 'oxlint', 'node'];

export async function checkStage(folder: string, target: Target): Promise<StageReport> {
  const paths = await filesBelow(folder);
  const faults: string[] = [];
  const looked = await inParallel(paths, async (path) => ({
    path,
    size: (await stat(join(folder, path))).size,
    kinds: binaryKinds(await headOf(join(folder, path))),
  }));
  const sizeBytes = looked.reduce((sum, { size }) => sum + size, 0);
  const binaries = looked.filter(({ kinds }) => kinds.length > 0).map(({ path }) => path);
  for (const { path, kinds } of looked) {
    const isRight = kinds.every(({ platform, arch }) => platform === target.platform && arch === target.arch);
    const found = kinds.map(({ platform, arch }) => `${platform}-${arch}`).join(' and ');
    if (!isRight) faults.push(`${path} is for ${found}`);
  }
  faults.push(...oneOfEach(binaries, paths, target));
  for (const name of developmentPackages) {
    if (paths.some((path) => path.startsWith(`node_modules/${name}/`))) faults.push(`it holds the package ${name}`);
  }
  if (sizeBytes > target.budgetBytes) {
    faults.push(`it has ${Math.ceil(sizeBytes / 1e6)} MB, ${target.budgetBytes / 1e6} MB are allowed`);
  }
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) faults.push('it has no manifest');
  else faults.push(...(await differences(folder, JSON.parse(text) as ServerManifest)));
  return { sizeBytes, fileCount: paths.length, binaries, faults };
}

/** Paths of all programs and libraries. */
export async function binariesIn(folder: string): Promise<string[]> {
  const kinds = await inParallel(await filesBelow(folder), async (path) => ({
    path,
    isBinary: binaryKinds(await headOf(join(folder, path))).length > 0,
  }));
  return kinds.filter(({ isBinary }) => isBinary).map(({ path }) => path);
}

function oneOfEach(binaries: readonly string[], paths: readonly string[], { platform, arch }: Target): string[] {
  const exactly = (what: string, found: readonly string[], wanted: string): string[] =>
    found.length === 1 && found[0] === wanted
      ? []
      : [`it has ${what} at ${found.join(', ') || 'no place'}, not at ${wanted} alone`];
  const runtimes = paths.flatMap(
    (path) => /^node_modules\/onnxruntime-node\/bin\/napi-v6\/([^/]+\/[^/]+)\//.exec(path)?.[1] ?? [],
  );
  return [
    ...exactly(
      'Node',
      binaries.filter((path) => path.startsWith('bin/')),
      `bin/node${platform === 'win32' ? '.exe' : ''}`,
    ),
    ...exactly(
      'SQLite',
      binaries.filter((path) => path.startsWith('node_modules/better-sqlite3/')),
      `node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node`,
    ),
    ...exactly('ONNX Runtime', [...new Set(runtimes)], `${platform}/${arch}`),
  ];
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
  return buffer.subarray(0, bytesRead);
}
