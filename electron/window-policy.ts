/** What the window may show, ask and open. Pure; window.ts applies it. */

export const guiOrigin = 'app://gui';

/** True for addresses of our own page, by what a parser says of them. */
export function isGuiUrl(text: string): boolean {
  try {
    const { protocol, host, username, port } = new URL(text);
    return protocol === 'app:' && host === 'gui' && username === '' && port === '';
  } catch {
    return false;
  }
}

/**
 * Whether a link that wants a window of its own is handed to the browser: only to where apps call this host, which has pages with
 * examples. Nothing else is linked by the GUI, and what is no http(s) could start a program.
 */
export function opensInBrowser(text: string, inferenceUrl: string | undefined): boolean {
  try {
    const { origin, protocol, username } = new URL(text);
    const isWeb = protocol === 'http:' || protocol === 'https:';
    return isWeb && username === '' && inferenceUrl !== undefined && origin === new URL(inferenceUrl).origin;
  } catch {
    return false;
  }
}

/** Pages get one permission: to write text to the clipboard, which is what a Copy button does. */
export function allowsPermission(permission: string, origin: string): boolean {
  return permission === 'clipboard-sanitized-write' && isGuiUrl(origin);
}

/** What closing the window does. On macOS an app stays when its window goes; elsewhere where a person chose that. */
export function decideClose(closeToTray: boolean, platform: NodeJS.Platform): 'hide' | 'quit' {
  return closeToTray || platform === 'darwin' ? 'hide' : 'quit';
}

/** Time within which a second death of the page is not answered by loading it again. */
const calmMs = 60_000;

/** After the page's process died: once it is loaded again; a page that dies at once is not loaded for ever. */
export function decideReload(lastDeathMs: number | undefined, nowMs: number): 'reload' | 'show-error' {
  return lastDeathMs !== undefined && nowMs - lastDeathMs < calmMs ? 'show-error' : 'reload';
}
