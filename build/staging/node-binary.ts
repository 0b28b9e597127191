/**
 * Finds the Node of a target. This machine's own lies in node_modules; the others come from npm, one archive each, which is
 * checked against the pinned digest and kept in a cache folder: a staging that was cut goes on with what is there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { x as extract } from 'tar';
import { pinnedNodeVersion, targetOf } from './targets.ts';
import type { Target } from './targets.ts';

/** An archive has 60 MB: ten minutes are a line of 1 Mbit/s. */
const downloadLimitMs = 600_000;

/** The Node of a target: its program and the licences that it has to be passed on with. */
export interface NodeBinary {
  readonly program: string;
  readonly licence: string;
}

/** The registry cannot be asked, or has not what was asked for: a test may skip, a release may not. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface NodeBinaryOptions {
  /** The project's root. */
  readonly root: string;
  readonly cacheFolder?: string;
  readonly say: (line: string) => void;
}

/** Throws `Unreachable` without the registry, another error where what came is not what was pinned. */
export async function nodeBinary(target: Target, options: NodeBinaryOptions): Promise<NodeBinary> {
  const isOwn = targetOf(process.platform, process.arch)?.name === target.name;
  const installed = isOwn
    ? installedHere(options.root).find((place) => existsSync(programIn(place, target)))
    : undefined;
  const folder = installed ?? (await fetched(target, options));
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

/** Where downloads are kept between runs; removing it costs a download. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['MILLRACE_PACKAGING_CACHE'];
  if (own !== undefined && own !== '') return own;
  if (process.platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Millrace', 'packaging-cache');
  }
  return join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace-packaging');
}

async function fetched(
  target: Target,
  { root, cacheFolder = defaultCacheFolder(), say }: NodeBinaryOptions,
): Promise<string> {
  const name = `${target.nodePackage}-${pinnedNodeVersion}`;
  const folder = join(cacheFolder, name);
  // Renamed into place when it was complete and right, so being there is enough.
  if (existsSync(programIn(folder, target))) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(join(cacheFolder, '.work-'));
  try {
    const archive = join(cacheFolder, `${name}.tgz`);
    if (!existsSync(archive) || (await integrityOf(archive)) !== target.nodeIntegrity) {
      say(`  fetching ${target.nodePackage} ${pinnedNodeVersion} from the npm registry …`);
      const packed = await packFromRegistry(`${target.nodePackage}@${pinnedNodeVersion}`, work, root);
      const found = await integrityOf(packed);
      if (found !== target.nodeIntegrity) {
        throw new Error(
          `${target.nodePackage} ${pinnedNodeVersion} has the digest ${found}, and ${target.nodeIntegrity} is pinned in build/staging/targets.ts.`,
        );
      }
      await rename(packed, archive);
    }
    const unpacked = join(work, 'unpacked');
    await mkdir(unpacked);
    await extract({
      file: archive,
      cwd: unpacked,
      strip: 1,
      filter: (path) => /\/(?:bin\/|LICENSE$|package\.json$)/.test(path),
    });
    // Two stagings at once: the first one's folder is as good.
    await rename(unpacked, folder).catch(async (error: unknown) => {
      if (!existsSync(programIn(folder, target))) throw error;
    });
    await rm(archive, { force: true });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** By the npm client, which knows the registry, the proxy and the certificates of this machine. */
async function packFromRegistry(specifier: string, folder: string, root: string): Promise<string> {
  const inside = process.env['npm_execpath'];
  const isWindows = process.platform === 'win32';
  const words = ['pack', specifier, '--pack-destination', folder, '--silent', '--ignore-scripts'];
  const [command, args] =
    inside === undefined ? [isWindows ? 'npm.cmd' : 'npm', words] : [process.execPath, [inside, ...words]];
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: isWindows && inside === undefined,
    signal: AbortSignal.timeout(downloadLimitMs),
  });
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const code = await new Promise<number | Error>((resolve) => {
    child.on('error', resolve).on('close', (status) => resolve(status ?? -1));
  });
  const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (code !== 0 || archive === undefined) {
    const reason =
      code instanceof Error ? code.message : (errors.trim().split('\n').at(-1) ?? `npm ended with ${code}`);
    throw new Unreachable(`${specifier} could not be fetched from the npm registry: ${reason}`);
  }
  return join(folder, archive);
}

/** As the registry writes it. */
async function integrityOf(path: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest('base64')}`;
}
