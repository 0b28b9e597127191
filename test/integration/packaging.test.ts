/**
 * The desktop package, by the real electron-builder on a stand-in for Electron: what lies in the archive and beside it, the fuses, and
 * what a manipulated folder is refused for. Installers are made where their tools are; they are fetched by electron-builder,
 * so without a network they are skipped, loudly.
 */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractFile } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGui } from '../../build/gui.mjs';
import { archivedManifest, checkPackage } from '../../build/packaging/check-package.ts';
import { packDesktop, resourcesIn } from '../../build/packaging/desktop.ts';
import { manifestName } from '../../build/staging/manifest.ts';
import { stageServer } from '../../build/staging/stage-server.ts';
import type { Stage } from '../../build/staging/stage-server.ts';
import { targetOf } from '../../build/staging/targets.ts';
import { checkServer } from '../../server/launch/server-manifest.ts';
import { writeStandInElectron } from '../support/stand-in-electron.ts';
import { PackagedHost } from '../support/packaged-host.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isLinux = process.platform === 'linux' && targetOf('linux', process.arch) !== undefined;
if (!isLinux) console.warn('SKIPPED: packaging for Linux is tried on Linux only.');

describe.skipIf(!isLinux)('the desktop package for Linux', () => {
  const target = targetOf('linux', process.arch)!;
  const { publicKey } = generateKeyPairSync('ed25519');
  const updates = {
    url: 'https://updates.invalid/',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
  let folder: string;
  let stage: Stage;
  let packed: string;
  const electronDist = () => join(folder, 'electron');
  const shellFolder = () => join(folder, 'shell');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-packaging-'));
    expect(buildGui()).toBe(true);
    stage = await stageServer(target, { root, outFolder: join(folder, 'stage') });
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    await writeStandInElectron(electronDist(), devDependencies['electron']!);
    await mkdir(shellFolder());
    await writeFile(join(shellFolder(), 'main.js'), 'export {};\n');
    await writeFile(join(shellFolder(), 'preload.cjs'), '\n');
    await packDesktop({
      root,
      stage,
      outFolder: join(folder, 'release'),
      shellFolder: shellFolder(),
      electronDist: electronDist(),
      onlyFolder: true,
      updates,
    });
    packed = join(folder, 'release', target.arch === 'x64' ? 'linux-unpacked' : 'linux-arm64-unpacked');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has the shell in its archive and nothing else', async () => {
    const report = await checkPackage(resourcesIn(packed, target), target);
    expect(report.faults).toEqual([]);
    expect(report.archived.toSorted()).toEqual([
      'dist/electron/main.js',
      'dist/electron/preload.cjs',
      archivedManifest,
      'dist/electron/updates.json',
      'package.json',
    ]);
    const about = JSON.parse(extractFile(join(packed, 'resources', 'app.asar'), 'package.json').toString()) as object;
    expect(about).toMatchObject({
      main: 'dist/electron/main.js',
      type: 'module',
      desktopName: 'millrace-desktop.desktop',
    });
    expect(about).not.toHaveProperty('dependencies');
  });

  it('has the whole server folder as plain files, and the tray images', async () => {
    const resources = join(packed, 'resources');
    expect((await readdir(resources)).toSorted()).toEqual(expect.arrayContaining(['app.asar', 'icons', 'server']));
    expect(await readdir(join(resources, 'icons'))).toHaveLength(20);
    expect(
      existsSync(
        join(
          resources,
          'server',
          'node_modules',
          'onnxruntime-node',
          'bin',
          'napi-v6',
          'linux',
          target.arch,
          'libonnxruntime.so.1',
        ),
      ),
    ).toBe(true);
    expect(existsSync(join(packed, 'millrace-desktop'))).toBe(true);
    expect(existsSync(join(packed, 'LICENSE.millrace.txt'))).toBe(true);
    // One language of Chromium's own texts is all that is shown.
    expect(await readdir(join(packed, 'locales'))).toEqual(['en-US.pak']);
  });

  it('is flipped as @electron/fuses reads it', async () => {
    const wire = await getCurrentFuseWire(join(packed, 'millrace-desktop'));
    const expected: readonly (readonly [FuseV1Options, boolean])[] = [
      [FuseV1Options.RunAsNode, false],
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable, false],
      [FuseV1Options.EnableNodeCliInspectArguments, false],
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, true],
      [FuseV1Options.OnlyLoadAppFromAsar, true],
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot, false],
      [FuseV1Options.GrantFileProtocolExtraPrivileges, false],
    ];
    for (const [fuse, on] of expected) {
      expect(wire[fuse], FuseV1Options[fuse]).toBe(on ? FuseState.ENABLE : FuseState.DISABLE);
    }
  });

  it('is accepted by the check that the shell makes, and refused after a change', async () => {
    const manifest = join(folder, 'manifest-from-archive.json');
    await writeFile(manifest, extractFile(join(packed, 'resources', 'app.asar'), archivedManifest));
    const server = join(packed, 'resources', 'server');
    expect(await checkServer(server, manifest)).toBeUndefined();
    const entry = join(server, 'bin', 'millrace.mjs');
    const text = await readFile(entry, 'utf8');
    await exchange(entry, text.replace('cli', 'cly'));
    expect(await checkServer(server, manifest)).toContain('bin/millrace.mjs');
    expect((await checkPackage(join(packed, 'resources'), target)).faults).toContain(
      'bin/millrace.mjs has been changed',
    );
    await exchange(entry, text);
    // Who changes a file and the list beside it has not changed the one in the archive.
    const list = join(server, manifestName);
    const kept = await readFile(list);
    await exchange(list, kept.toString().replace('"files"', '"files" '));
    expect(await checkServer(server, manifest)).toContain(manifestName);
    await exchange(list, kept);
    expect(await checkServer(server, manifest)).toBeUndefined();
  });

  it('serves from where it was packed', async () => {
    await using host = await PackagedHost.start(join(packed, 'resources', 'server'));
    expect((await host.predictIris()).prediction).toBe('setosa');
  });

  it('is not made of a stage that lacks a file', async () => {
    const name = 'resources/models/iris/labels.txt';
    const labels = join(stage.folder, name);
    const kept = await readFile(labels);
    await rm(labels);
    const packing = packDesktop({
      root,
      stage,
      outFolder: join(folder, 'broken'),
      shellFolder: shellFolder(),
      electronDist: electronDist(),
      onlyFolder: true,
    });
    await expect(packing).rejects.toThrow(`${name} is missing`);
    await exchange(labels, kept);
  });

  it('becomes a deb and an AppImage where their tools can be had', async () => {
    for (const kind of ['deb', 'AppImage']) {
      try {
        const made = await packDesktop({
          root,
          stage,
          outFolder: join(folder, kind),
          shellFolder: shellFolder(),
          electronDist: electronDist(),
          installers: [kind],
        });
        expect(made.some((path) => path.endsWith(`.${kind}`))).toBe(true);
      } catch (error) {
        // electron-builder fetches its tools from the internet; everything before that must have worked.
        const [message] = (error as Error).message.split('\n');
        expect(message).toMatch(
          /getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|fetch failed|status code|socket hang up/i,
        );
        console.warn(`SKIPPED: deb and AppImage: their tools could not be fetched (${message})`);
        // The other's come from the same place, after the same number of tries.
        return;
      }
    }
  });
});

/** electron-builder links what it copies: writing into a file would change the stage too. */
async function exchange(path: string, content: string | Buffer): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content);
}
