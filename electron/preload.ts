/** Runs in the page's process before the page, in the sandbox: gives it the bridge and nothing of Electron's own. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { DesktopBridge } from '../server/protocol/desktop-bridge.ts';
import type { News, Requests } from './channels.ts';

const ask = <Name extends keyof Requests>(name: Name, ...words: Requests[Name]['takes']) =>
  ipcRenderer.invoke(name, ...words) as Promise<Requests[Name]['gives']>;

function hear<Name extends keyof News>(name: Name, listener: (...words: News[Name]) => void): () => void {
  const onNews = (_: unknown, ...words: unknown[]): void => listener(...(words as unknown as News[Name]));
  ipcRenderer.on(name, onNews);
  return () => void ipcRenderer.removeListener(name, onNews);
}

contextBridge.exposeInMainWorld('millraceDesktop', {
  view: () => ask('shell:view'),
  onView: (listener) => hear('shell:view-changed', listener),
  setSwitch: (name, isOn) => ask('shell:set-switch', name, isOn),
  startHost: () => ask('shell:start-host'),
  takeOpened: () => ask('shell:take-opened'),
  onOpened: (listener) => hear('shell:opened', listener),
  onNavigate: (listener) => hear('shell:navigate', listener),
  pathOf: (file) => webUtils.getPathForFile(file),
} satisfies DesktopBridge);
