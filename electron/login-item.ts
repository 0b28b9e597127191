/** Start at login: the system's own list on Windows and macOS, a file in `autostart` on Linux, which Electron leaves to us. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AppPort } from './ports.ts';

/** In `~/.config/autostart`. `words`: the program and its arguments. */
export function autostartText(words: readonly string[]): string {
  // Quoting of the Desktop Entry Specification: inside quotes these four need a backslash, and a percent sign is doubled.
  const exec = words.map((word) => `"${word.replaceAll(/["`$\\]/g, String.raw`\$&`).replaceAll('%', '%%')}"`).join(' ');
  // The file's own escaping comes on top of that of its Exec line.
  const value = exec.replaceAll('\\', String.raw`\\`);
  return `[Desktop Entry]\nType=Application\nName=Millrace\nExec=${value}\nTerminal=false\nX-GNOME-Autostart-enabled=true\n`;
}

export interface LoginPlace {
  readonly platform: NodeJS.Platform;
  /** The program and, in a clone, the folder that it runs. */
  readonly words: readonly string[];
  /** Of the person's settings, `~/.config`. */
  readonly configFolder: string;
}

/** At each start too: an AppImage may have moved. `--hidden` says only that it was the login that started us. */
export function applyLoginItem(app: AppPort, { platform, words, configFolder }: LoginPlace, isOn: boolean): void {
  const [program, ...rest] = [...words, '--hidden'];
  if (platform !== 'linux') {
    if (app.getLoginItemSettings({ path: program!, args: rest }).openAtLogin !== isOn)
      app.setLoginItemSettings({ openAtLogin: isOn, path: program!, args: rest });
    return;
  }
  const path = join(configFolder, 'autostart', 'millrace.desktop');
  if (!isOn) rmSync(path, { force: true });
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, autostartText([program!, ...rest]));
  }
}
