/**
 * Builds the server folder of one target: compiled server, its own Node, one ONNX Runtime, one SQLite, the GUI, demo models,
 * licences, manifest. The desktop packages and the headless archives hold this folder and nothing else of the server.
 *
 *     <out>/<target>/server/   one level more than seems needed: electron-builder drops a node_modules at the top of what it copies
 *
 * It is built beside and renamed, so that a folder that is there is whole.
 */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundledPackages, importedPackages } from './bundled-packages.ts';
import { binariesIn, checkStage } from './check-stage.ts';
import { compile, relativeReferences } from './compile.ts';
import { isLicenceFile, isWanted } from './copy-rules.ts';
import { inParallel } from './in-parallel.ts';
import { licenceText, undecidedLicences } from './licences.ts';
import type { LicensedPart } from './licences.ts';
import { filesBelow, manifestName, manifestOf } from './manifest.ts';
import { nodeBinary } from './node-binary.ts';
import { registryPackage } from './registry-package.ts';
import type { RegistryOptions } from './registry-package.ts';
import { productionPackages } from './production-packages.ts';
import type { LockFile, ProductionPackage } from './production-packages.ts';
import { packageJson, textFiles } from './server-files.ts';
import { pinnedNodeVersion } from './targets.ts';
import type { Target } from './targets.ts';

export interface StageOptions {
  /** The project's root, with node_modules installed and dist/gui built. */
  readonly root: string;
  /** Default `dist/stage` in the root. */
  readonly outFolder?: string;
  readonly cacheFolder?: string;
  /** Signs the binaries before their digests are taken; paths are from the server folder. */
  readonly sign?: (folder: string, binaries: readonly string[]) => Promise<void>;
  /** Gets a line for each step; nothing by default. */
  readonly say?: (line: string) => void;
}

export interface Stage {
  readonly target: Target;
  /** The server folder. */
  readonly folder: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  readonly tookMs: number;
}

/** Throws a sentence that says what is missing or wrong; `Unreachable` where the target's Node cannot be fetched. */
export async function stageServer(target: Target, options: StageOptions): Promise<Stage> {
  const { root, outFolder = join(root, 'dist', 'stage'), say = () => {} } = options;
  const started = performance.now();
  const final = join(outFolder, target.name);
  const beside = `${final}.building-${process.pid}`;
  const folder = join(beside, 'server');
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await rm(beside, { recursive: true, force: true });
  try {
    say(`Staging ${target.name} …`);
    const registry = { root, say, ...(options.cacheFolder !== undefined && { cacheFolder: options.cacheFolder }) };
    const node = await nodeBinary(target, registry);
    await copy(node.program, join(folder, 'bin', target.platform === 'win32' ? 'node.exe' : 'node'), 0o755);
    const packages = productionPackages(lock, target);
    const places = await placesOf(packages, registry);
    await copyPackages(packages, places, folder, target);
    say(`  ${packages.length} packages`);
    await compileServer(root, folder);
    await copyTree(join(root, 'resources'), join(folder, 'resources'), isResource);
    await copyGui(root, folder);
    await copy(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    await write(folder, 'package.json', packageJson(version));
    for (const { path, text, isProgram } of textFiles(target, version)) await write(folder, path, text, isProgram);
    await write(folder, 'THIRD-PARTY-LICENSES.txt', await allLicences(packages, places, root, lock, node.licence));
    await options.sign?.(folder, await binariesIn(folder));
    await write(folder, manifestName, `${JSON.stringify(await manifestOf(folder))}\n`);
    const { sizeBytes, fileCount, faults } = await checkStage(folder, target);
    if (faults.length > 0) throw new Error(`The server folder of ${target.name} is not right: ${faults.join('; ')}.`);
    await rm(final, { recursive: true, force: true });
    await rename(beside, final);
    const tookMs = Math.round(performance.now() - started);
    say(
      `  ${fileCount} files, ${(sizeBytes / 1e6).toFixed(1)} MB of at most ${target.budgetBytes / 1e6} MB, ${(tookMs / 1000).toFixed(1)} s`,
    );
    return { target, folder: join(final, 'server'), sizeBytes, fileCount, tookMs };
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** By path in the lock file, where each package lies: installed, or for another system than this one in the cache. */
async function placesOf(
  packages: readonly ProductionPackage[],
  registry: RegistryOptions,
): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  for (const wanted of packages) {
    const installed = join(registry.root, wanted.path);
    const isInstalled = existsSync(join(installed, 'package.json'));
    places.set(wanted.path, isInstalled ? installed : await registryPackage(wanted, registry));
  }
  return places;
}

async function copyPackages(
  packages: readonly ProductionPackage[],
  places: ReadonlyMap<string, string>,
  folder: string,
  target: Target,
): Promise<void> {
  for (const { path, name } of packages) {
    // What lies in its own node_modules is on the list by itself.
    const isOwn = (file: string): boolean => !file.split('/').includes('node_modules') && isWanted(name, file, target);
    await copyTree(places.get(path)!, join(folder, path), isOwn);
  }
}

/** Every reference to a file of ours must lead to one: a name that the rewriting does not know would fail at a user's. */
async function compileServer(root: string, folder: string): Promise<void> {
  const sources = (await filesBelow(join(root, 'server'))).filter((path) => path.endsWith('.ts') && !isShellOnly(path));
  const compiled = new Map<string, string>();
  for (const path of sources) {
    const text = compile(await readFile(join(root, 'server', path), 'utf8'));
    compiled.set(`server/${path.replace(/\.ts$/, '.js')}`, text);
  }
  for (const [path, text] of compiled) {
    const lost = relativeReferences(path, text).find((name) => name.startsWith('server/') && !compiled.has(name));
    if (lost !== undefined) throw new Error(`${path} refers to ${lost}, which is not there.`);
    await write(folder, path, text);
  }
}

/** A server looks for no updates and replaces no programs, wherever it runs: that code is the desktop shell's. */
function isShellOnly(path: string): boolean {
  return path.startsWith('updating/');
}

/** Models, the device probe and the dashboard; not the scripts that made them, nor the desktop's icons. */
function isResource(path: string): boolean {
  return !/\.(?:ts|mts|py)$/.test(path) && !path.startsWith('icons/');
}

async function copyGui(root: string, folder: string): Promise<void> {
  const gui = join(root, 'dist', 'gui');
  const isBuilt = await stat(join(gui, 'index.html')).then(
    () => true,
    () => false,
  );
  if (!isBuilt) throw new Error('The GUI is not built. Run `npm run build:gui` first.');
  await copyTree(gui, join(folder, 'dist', 'gui'), () => true);
}

async function allLicences(
  packages: readonly ProductionPackage[],
  places: ReadonlyMap<string, string>,
  root: string,
  lock: LockFile,
  nodeLicence: string,
): Promise<string> {
  const inGui = new Set<string>();
  for (const path of await filesBelow(join(root, 'renderer'))) {
    if (!/\.tsx?$/.test(path) || path.includes('vite.config')) continue;
    for (const name of importedPackages(await readFile(join(root, 'renderer', path), 'utf8'))) inGui.add(name);
  }
  // The desktop shell is bundled too; this is the one package in it.
  const bundled = bundledPackages([...inGui, 'electron-updater'], lock);
  const byPath = new Map([...packages, ...bundled].map((entry) => [entry.path, entry]));
  const parts: LicensedPart[] = [
    { name: 'Node.js', version: pinnedNodeVersion, license: 'MIT', texts: [nodeLicence] },
    ...(await Promise.all(
      [...byPath.values()].map((entry) => licensedPart(entry, places.get(entry.path) ?? join(root, entry.path))),
    )),
    ...(await sharedTexts(root)),
  ];
  const undecided = undecidedLicences(parts);
  if (undecided.length > 0) {
    throw new Error(
      `Nobody has decided whether these may be passed on: ${undecided.join(', ')}. See build/staging/licences.ts.`,
    );
  }
  return licenceText(parts);
}

/** Licenses that packages name without bringing their text. */
async function sharedTexts(root: string): Promise<LicensedPart[]> {
  const names = ['LGPL-3.0', 'GPL-3.0'] as const;
  return Promise.all(
    names.map(async (name) => ({
      name: `The text of ${name}`,
      version: '',
      license: 'LGPL-3.0-or-later',
      texts: [await readFile(join(root, 'build', 'staging', 'texts', `${name}.txt`), 'utf8')],
    })),
  );
}

async function licensedPart({ name, version, license }: ProductionPackage, folder: string): Promise<LicensedPart> {
  const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    author?: string | { name?: string };
    homepage?: string;
  };
  const author = typeof about.author === 'string' ? about.author : about.author?.name;
  const names = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && isLicenceFile(entry.name),
  );
  return {
    name,
    version,
    license,
    ...(author !== undefined && { author }),
    ...(about.homepage !== undefined && { homepage: about.homepage }),
    texts: await Promise.all(names.map((entry) => readFile(join(folder, entry.name), 'utf8'))),
  };
}

async function copyTree(from: string, to: string, isKept: (path: string) => boolean): Promise<void> {
  const kept = (await filesBelow(from)).filter(isKept);
  await inParallel(kept, (path) => copy(join(from, path), join(to, path)));
}

async function copy(from: string, to: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

async function write(folder: string, path: string, text: string, isProgram = false): Promise<void> {
  const place = join(folder, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, text);
  await chmod(place, isProgram ? 0o755 : 0o644);
}
