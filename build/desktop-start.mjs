/** Whether `npm start` opens the desktop window, and where its Electron is. `npm start` decides with what is here (start.mjs). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `open`: Electron is here; `fetch`: it has to be downloaded first; else the reason, for the end of a sentence. Pure.
 *
 * `serveWords` are those that belong to `millrace serve`: who gives them wants that and not a window. Chromium runs neither without
 * a display nor, with its sandbox, as root, and nothing here switches the sandbox off.
 */
export function decideDesktop({ platform, arch, env, userId, serveWords, isInstalled }) {
  if (serveWords.length > 0) return { reason: `${serveWords[0]} is for a host without a window` };
  if (env['CI'] !== undefined) return { reason: 'this is a build machine (CI is set)' };
  if (platform === 'linux') {
    if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return { reason: 'there is no display' };
    if (userId === 0) return { reason: "Electron's sandbox does not run as root" };
  }
  if (platform === 'win32' && env['SESSIONNAME'] === 'Services') return { reason: 'there is no display' };
  if (platform === 'darwin' && arch !== 'arm64') return { reason: 'the window needs a Mac with Apple silicon' };
  return isInstalled ? 'open' : 'fetch';
}

const names = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' };

/** Where Electron's program would be, by the rules of its package. */
export function electronProgram(root, platform, env) {
  const folder = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules', 'electron', 'dist');
  return join(folder, names[platform] ?? 'electron');
}

/** Half a download has no path.txt, which the package writes last. */
export function isElectronThere(root, platform, env) {
  const isWhole =
    env['ELECTRON_OVERRIDE_DIST_PATH'] !== undefined || existsSync(join(root, 'node_modules', 'electron', 'path.txt'));
  return isWhole && existsSync(electronProgram(root, platform, env));
}

/** What a failed download said, short enough for one line. */
export function downloadFault(text) {
  const lines = text.split('\n').map((line) => line.trim());
  const line =
    lines.find((each) => /E[A-Z]{4,}|Error:/.test(each)) ?? lines.find((each) => each !== '') ?? 'no reason given';
  return /\b(E[A-Z_]{4,})\b/.exec(line)?.[1] ?? line.replace(/^\w*Error: /, '').slice(0, 120);
}
