/**
 * The files that ONNX Runtime needs for CUDA and that no package brings, because they are too large for a registry: fetched by
 * onnxruntime-node's own installer, when the owner says so and never by itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MillraceError } from '../base/errors.ts';

/** The name that the runtime's installer gives to what it fetches. */
const manifest = 'cuda12';
const askLimitMs = 15_000;
/** Some hundred megabytes over a slow line. */
const installLimitMs = 3_600_000;

interface InstallMetadata {
  readonly requirements: Readonly<Record<string, readonly string[]>>;
  readonly manifests: Readonly<Record<string, Readonly<Record<string, { readonly package: string }>>>>;
  readonly packages: Readonly<
    Record<
      string,
      { readonly name: string; readonly versions: readonly { readonly feed: string; readonly version: string }[] }
    >
  >;
  readonly feeds: Readonly<Record<string, { readonly index: string }>>;
}

export interface CudaPlan {
  readonly isInstalled: boolean;
  /** Of the download; undefined where the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly host: string;
}

const platform = `${process.platform}/${process.arch}`;

/** Errors: `unsupported` where the runtime has no CUDA for this system, `upstream-failed` without a network. */
export async function planCuda(
  fetchFrom: typeof fetch = fetch,
  metadata: InstallMetadata = installMetadata(),
  system = platform,
): Promise<CudaPlan> {
  if (!(metadata.requirements[system] ?? []).includes(manifest)) {
    throw new MillraceError('unsupported', `ONNX Runtime for Node has no CUDA files for ${system}.`, {
      hint: 'On Windows use DirectML (`"device": "dml"`), on macOS Core ML; both need nothing more.',
    });
  }
  const files = metadata.manifests[`${system}:${manifest}`]!;
  const source = metadata.packages[Object.values(files)[0]!.package]!;
  const [{ feed, version }] = source.versions as [InstallMetadata['packages'][string]['versions'][number]];
  const { index } = metadata.feeds[feed]!;
  const host = new URL(index).host;
  const isInstalled = Object.keys(files).every((name) => existsSync(join(binaries(system), name)));
  // The installer knows its way through a proxy; this question does not.
  const isBehindProxy = process.env['GLOBAL_AGENT_HTTPS_PROXY'] !== undefined;
  if (isInstalled || isBehindProxy) return { isInstalled, sizeBytes: undefined, host };
  try {
    const signal = AbortSignal.timeout(askLimitMs);
    const { resources } = (await (await fetchFrom(index, { signal })).json()) as {
      resources: { '@id': string; '@type': string }[];
    };
    const place = resources.find((resource) => resource['@type'].startsWith('PackageBaseAddress'));
    const base = place!['@id'].replace(/\/$/, '');
    const name = source.name.toLowerCase();
    const answer = await fetchFrom(`${base}/${name}/${version}/${name}.${version}.nupkg`, { method: 'HEAD', signal });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const length = Number(answer.headers.get('content-length'));
    return { isInstalled, sizeBytes: length > 0 ? length : undefined, host };
  } catch (error) {
    throw new MillraceError(
      'upstream-failed',
      `The CUDA files cannot be fetched: ${host} does not answer (${reasonOf(error)}).`,
      {
        hint: 'Connect this machine to the internet for the download; a proxy is named in GLOBAL_AGENT_HTTPS_PROXY.',
        cause: error,
      },
    );
  }
}

/** Runs the runtime's installer and passes its lines on. Errors: `storage-failed`, `upstream-failed`. */
export async function installCuda(onLine: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const folder = packageFolder();
  try {
    await access(binaries(platform), constants.W_OK);
  } catch (cause) {
    throw new MillraceError(
      'storage-failed',
      'The program folder cannot be written, and the runtime looks for its CUDA files there.',
      {
        hint: 'Run this command as the user who installed Millrace, or as administrator.',
        cause,
      },
    );
  }
  const child = spawn(
    process.execPath,
    [join(folder, 'script', 'install.js'), `--onnxruntime-node-install=${manifest}`],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      signal,
      timeout: installLimitMs,
    },
  );
  child.on('error', () => {}); // Told by 'close'.
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each.trim() !== '')) onLine((last = line.trim()));
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  signal?.throwIfAborted();
  if (code === 0) return;
  throw new MillraceError(
    'upstream-failed',
    `The installer of the runtime failed: ${last.slice(0, 300) || `exit code ${code}`}`,
    {
      hint: 'Check the network and the free disk space, then run the command again.',
    },
  );
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
}

function binaries(system: string): string {
  return join(packageFolder(), 'bin', 'napi-v6', ...system.split('/'));
}

function installMetadata(): InstallMetadata {
  return createRequire(import.meta.url)('onnxruntime-node/script/install-metadata.js') as InstallMetadata;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}
