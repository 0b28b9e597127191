/** Asks the operating system to open a link. The link is on a command line for that moment, so its code lives a minute. */
import { spawn } from 'node:child_process';

/** A desktop answers at once or not at all; a browser that stays in the foreground is a success. */
const patienceMs = 3000;

/** The program and its words for each system. No shell takes part. */
export function openerFor(platform: NodeJS.Platform, url: string): readonly [string, readonly string[]] {
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  return platform === 'darwin' ? ['open', [url]] : ['xdg-open', [url]];
}

/** False where there is no such program or it reports that it failed. Does not wait for the browser to end. */
export function openInBrowser(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const [program, words] = openerFor(process.platform, url);
    const child = spawn(program, words, { stdio: 'ignore', detached: true, windowsHide: true });
    const timer = setTimeout(() => resolve(true), patienceMs);
    const end = (isOpen: boolean): void => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.on('error', () => end(false));
    child.on('exit', (code) => end(code === 0));
    child.unref();
  });
}
