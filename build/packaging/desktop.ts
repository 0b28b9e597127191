/** Packs the desktop program of one target with electron-builder, from a staged server folder and the built shell. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Arch, Platform, build } from 'electron-builder';
import { packageImages, writeImages } from '../icons/draw-icons.ts';
import type { Stage } from '../staging/stage-server.ts';
import type { Target } from '../staging/targets.ts';
import { writeAppFolder } from './app-folder.ts';
import type { UpdateSource } from './app-folder.ts';
import { builderConfig } from './builder-config.ts';
import { checkPackage } from './check-package.ts';

export interface DesktopOptions {
  readonly root: string;
  readonly stage: Stage;
  readonly outFolder: string;
  /** Default `dist/electron` in the root. */
  readonly shellFolder?: string;
  /** Only the unpacked program, no installers. */
  readonly onlyFolder?: boolean;
  /** Instead of all that the target has: `deb` for example. */
  readonly installers?: readonly string[];
  readonly electronDist?: string;
  readonly updates?: UpdateSource;
}

const platforms = { linux: Platform.LINUX, darwin: Platform.MAC, win32: Platform.WINDOWS } as const;
const arches = { x64: Arch.x64, arm64: Arch.arm64 } as const;

/** Returns the paths of what was made. Throws where a check of what was packed fails. */
export async function packDesktop(options: DesktopOptions): Promise<string[]> {
  const { root, stage, outFolder } = options;
  const { target } = stage;
  const work = join(outFolder, '.work', target.name);
  const about = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
    devDependencies: Record<string, string>;
  };
  const inputs = {
    target,
    version: about.version,
    electronVersion: about.devDependencies['electron']!,
    root,
    appFolder: join(work, 'app'),
    imageFolder: join(work, 'images'),
    stageFolder: join(stage.folder, '..'),
    outFolder,
    ...(options.electronDist !== undefined && { electronDist: options.electronDist }),
    ...(options.updates !== undefined && { updateUrl: options.updates.url }),
  };
  await mkdir(work, { recursive: true });
  await writeAppFolder(inputs.appFolder, {
    version: about.version,
    shellFolder: options.shellFolder ?? join(root, 'dist', 'electron'),
    serverFolder: stage.folder,
    ...(options.updates !== undefined && { updates: options.updates }),
  });
  await writeImages(inputs.imageFolder, await packageImages(join(root, 'resources', 'icons', 'source')));
  const config = builderConfig({ ...inputs, afterPack: ({ appOutDir }) => assertPacked(appOutDir, target) });
  const wanted = options.onlyFolder === true ? ['dir'] : (options.installers ?? undefined);
  return build({
    projectDir: root,
    config,
    publish: 'never',
    targets: platforms[target.platform].createTarget(wanted === undefined ? null : [...wanted], arches[target.arch]),
  });
}

/** Where electron-builder has put the resources of what it has packed. */
export function resourcesIn(appOutFolder: string, { platform }: Target): string {
  return platform === 'darwin'
    ? join(appOutFolder, 'Millrace.app', 'Contents', 'Resources')
    : join(appOutFolder, 'resources');
}

async function assertPacked(appOutFolder: string, target: Target): Promise<void> {
  const { faults } = await checkPackage(resourcesIn(appOutFolder, target), target);
  if (faults.length > 0) throw new Error(`What was packed for ${target.name} is not right: ${faults.join('; ')}.`);
}
