/**
 * Brings packages of other systems from the npm registry: by the npm client, checked against a digest that was pinned before, and kept in
 * a cache folder. A staging that was cut goes on with what is there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { x as extract } from 'tar';

/** The largest archive has 60 MB: ten minutes are a line of 1 Mbit/s. */
const downloadLimitMs = 600_000;

/** The registry cannot be asked, or has not what was asked for: a test may skip, a release may not. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface RegistryOptions {
  /** The project's root. */
  readonly root: string;
  readonly cacheFolder?: string;
  readonly say: (line: string) => void;
}

export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  /** As the registry and the lock file write it. */
  readonly integrity: string;
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

/**
 * The folder of an unpacked package. `isKept` gets paths inside the package. Throws `Unreachable` without the registry, another error
 * where what came is not what was pinned.
 */
export async function registryPackage(
  { name, version, integrity }: WantedPackage,
  { root, cacheFolder = defaultCacheFolder(), say }: RegistryOptions,
  isKept: (path: string) => boolean = () => true,
): Promise<string> {
  const label = `${name.replace('/', '+')}-${version}`;
  const folder = join(cacheFolder, label);
  // Renamed into place when it was complete and right, so being there is enough.
  if (existsSync(join(folder, 'package.json'))) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(join(cacheFolder, '.work-'));
  try {
    const archive = join(cacheFolder, `${label}.tgz`);
    if (!existsSync(archive) || (await integrityOf(archive)) !== integrity) {
      say(`  fetching ${name} ${version} from the npm registry …`);
      const packed = await packFromRegistry(`${name}@${version}`, work, root);
      const found = await integrityOf(packed);
      if (found !== integrity)
        throw new Error(`${name} ${version} has the digest ${found}, and ${integrity} was expected.`);
      await rename(packed, archive);
    }
    const unpacked = join(work, 'unpacked');
    await mkdir(unpacked);
    const inside = (path: string): string => path.slice(path.indexOf('/') + 1);
    await extract({ file: archive, cwd: unpacked, strip: 1, filter: (path) => isKept(inside(path)) });
    // Two stagings at once: the first one's folder is as good.
    await rename(unpacked, folder).catch((error: unknown) => {
      if (!existsSync(join(folder, 'package.json'))) throw error;
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
