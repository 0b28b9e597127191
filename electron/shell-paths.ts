/** Where the shell finds what it needs: in a clone, and in a package (docs/desktop-shell.md). Pure. */
import { join } from 'node:path';

export interface Placement {
  readonly isPackaged: boolean;
  /** The clone, or the asar. */
  readonly appPath: string;
  readonly resourcesPath: string;
  readonly platform: NodeJS.Platform;
}

export function shellPaths({ isPackaged, appPath, resourcesPath, platform }: Placement) {
  const serverFolder = isPackaged ? join(resourcesPath, 'server') : appPath;
  const nodeFolder = isPackaged ? join(serverFolder, 'bin') : join(appPath, 'node_modules', 'node', 'bin');
  return {
    serverFolder,
    node: join(nodeFolder, platform === 'win32' ? 'node.exe' : 'node'),
    program: join(serverFolder, 'bin', 'millrace.mjs'),
    guiFolder: join(serverFolder, 'dist', 'gui'),
    icons: isPackaged ? join(resourcesPath, 'icons') : join(appPath, 'resources', 'icons'),
    preload: join(appPath, 'dist', 'electron', 'preload.cjs'),
    updates: join(appPath, 'dist', 'electron', 'updates.json'), // Only in packages that update themselves.
    /** Undefined in a clone, where nothing is checked. */
    manifest: isPackaged ? join(appPath, 'dist', 'electron', 'server-manifest.json') : undefined,
  };
}
