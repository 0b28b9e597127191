/**
 * `npm run package`: makes what is published for this machine's target, or for those named, in dist/release.
 *
 *     npm run package                         the desktop program with its installers
 *     npm run package -- --headless           the archive for machines without a desktop
 *     npm run package -- --dir                the desktop program as a folder, no installer
 *     npm run package -- --target linux-arm64 another target; `all` with --headless
 *     npm run package -- --electron <folder>  an unpacked Electron instead of a download
 *
 * For a release: MILLRACE_UPDATE_URL and MILLRACE_UPDATE_KEY (PEM of an Ed25519 key) make packages that update themselves;
 * MILLRACE_MAC_IDENTITY names the certificate for macOS; electron-builder's own variables hold those it signs with.
 */
import { createPublicKey } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chosenTargets, runBuild } from './command-words.ts';
import { buildGui } from './gui.mjs';
import { packArchive } from './packaging/archive.ts';
import type { UpdateSource } from './packaging/app-folder.ts';
import { signForMac } from './packaging/mac-signing.ts';
import { signRelease } from './packaging/release-lists.ts';
import { stageServer } from './staging/stage-server.ts';
import type { Stage } from './staging/stage-server.ts';
import type { Target } from './staging/targets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

await runBuild(async () => {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      out: { type: 'string' },
      headless: { type: 'boolean' },
      dir: { type: 'boolean' },
      electron: { type: 'string' },
    },
  });
  const outFolder = values.out ?? join(root, 'dist', 'release');
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const chosen = chosenTargets(values.target);
  if (!buildGui()) throw new Error('The GUI could not be built; see the messages above.');
  const updates = updateSource();
  for (const target of chosen) {
    const stage = await staged(target);
    if (values.headless === true) {
      console.log('  packing the archive …');
      const archive = await packArchive(stage.folder, target, { outFolder, version, date: releaseDate() });
      console.log(`  ${archive.path}, ${megabytes(archive.sizeBytes)}`);
      continue;
    }
    buildShell();
    const { packDesktop } = await import('./packaging/desktop.ts');
    const made = await packDesktop({
      root,
      stage,
      outFolder,
      onlyFolder: values.dir === true,
      ...(values.electron !== undefined && { electronDist: values.electron }),
      ...(updates !== undefined && { updates: updates.source }),
    });
    for (const path of made) console.log(`  ${path}`);
  }
  if (updates !== undefined && values.headless !== true) {
    for (const path of await signRelease(outFolder, updates.privateKey)) console.log(`  ${path}`);
  }
});

function staged(target: Target): Promise<Stage> {
  const identity = process.env['MILLRACE_MAC_IDENTITY'];
  const entitlements = join(root, 'build', 'packaging', 'entitlements.mac.plist');
  const isSigned = target.platform === 'darwin' && identity !== undefined;
  return stageServer(target, {
    root,
    say: (line) => console.log(line),
    ...(isSigned && { sign: (folder, binaries) => signForMac(folder, binaries, { identity, entitlements }) }),
  });
}

/** Both or neither: a package that looks for updates it cannot check would install none. */
function updateSource(): { readonly source: UpdateSource; readonly privateKey: string } | undefined {
  const [url, privateKey] = [process.env['MILLRACE_UPDATE_URL'], process.env['MILLRACE_UPDATE_KEY']];
  if (url === undefined && privateKey === undefined) return undefined;
  if (url === undefined || privateKey === undefined) {
    throw new Error('MILLRACE_UPDATE_URL and MILLRACE_UPDATE_KEY belong together; only one of them is set.');
  }
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  return { source: { url, publicKey }, privateKey };
}

function buildShell(): void {
  const script = join(root, 'build', 'electron.mjs');
  if (!existsSync(script)) throw new Error('This clone has no desktop shell to pack; --headless needs none.');
  const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('The desktop shell could not be built; see the messages above.');
}

/** `SOURCE_DATE_EPOCH`, as all reproducible builds have it; else the day of the build. */
function releaseDate(): Date {
  const epoch = Number(process.env['SOURCE_DATE_EPOCH']);
  return Number.isInteger(epoch) && epoch > 0
    ? new Date(epoch * 1000)
    : new Date(new Date().toISOString().slice(0, 10));
}
