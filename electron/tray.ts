/** The tray's icon and menu, set anew when what tray-model.ts says has changed: some desktops notice nothing less. */
import { join } from 'node:path';
import type { LiveState } from '../renderer/live/live-state.ts';
import type { DesktopHost } from '../server/protocol/desktop-bridge.ts';
import type { ElectronPort, TrayPort } from './ports.ts';
import { trayImage, trayView } from './tray-model.ts';
import type { TrayAct, TrayView } from './tray-model.ts';

export interface TrayParts {
  readonly electron: ElectronPort;
  readonly icons: string;
  readonly platform: NodeJS.Platform;
  onAct(act: TrayAct): void;
}

type ShowTray = (desktop: DesktopHost, live: LiveState, more?: TrayView['items']) => void;

/** How to show a state; the icon appears with the first. */
export function trayOf({ electron, icons, platform, onAct }: TrayParts): ShowTray {
  let tray: TrayPort | undefined;
  let shown = '';
  return (desktop, live, more) => {
    const view = trayView(desktop, live, more);
    const told = JSON.stringify(view);
    if (told === shown) return;
    shown = told;
    const image = electron.nativeImage.createFromPath(join(icons, trayImage(view.shape, platform)));
    if (tray === undefined) {
      tray = new electron.Tray(image);
      tray.on('click', () => onAct('open'));
    } else tray.setImage(image);
    tray.setToolTip(view.sentence);
    const entries = view.items.map(({ label, act }) => ({ label, click: () => onAct(act) }));
    const state = [{ label: view.sentence, enabled: false }, { type: 'separator' } as const];
    tray.setContextMenu(electron.Menu.buildFromTemplate([...state, ...entries]));
  };
}
