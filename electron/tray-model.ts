/** What the tray shows: a shape for the state, a sentence, and what can be done. Pure; shell.ts shows it. */
import { countAllCopies } from '../renderer/live/readings.ts';
import type { LiveState } from '../renderer/live/live-state.ts';
import type { DesktopHost } from '../server/protocol/desktop-bridge.ts';
import type { UpdateOrder } from '../server/protocol/update-view.ts';

/** Names of the images, which differ by shape. */
export type TrayShape = 'ready' | 'busy' | 'starting' | 'attention' | 'stopped';
export type TrayAct = 'open' | 'copy-address' | 'start-host' | 'quit' | UpdateOrder;

export interface TrayView {
  readonly shape: TrayShape;
  readonly sentence: string;
  readonly items: readonly { readonly label: string; readonly act: TrayAct }[];
}

export function trayView(desktop: DesktopHost, live: LiveState, more: TrayView['items'] = []): TrayView {
  const isDown = desktop.kind === 'stopped' || desktop.kind === 'failed';
  const [shape, sentence] = look(desktop, live.connection === 'live' ? live.host : undefined);
  return {
    shape,
    sentence,
    items: [
      { label: 'Open Millrace', act: 'open' },
      ...(desktop.kind === 'running' ? [{ label: 'Copy the address for apps', act: 'copy-address' } as const] : []),
      ...(isDown ? [{ label: 'Start again', act: 'start-host' } as const] : []),
      ...more,
      { label: desktop.kind === 'running' && desktop.isOurs ? 'Stop serving and quit' : 'Quit', act: 'quit' },
    ],
  };
}

function look(desktop: DesktopHost, host: LiveState['host']): readonly [TrayShape, string] {
  if (desktop.kind === 'failed') return ['attention', desktop.sentence];
  if (desktop.kind === 'stopped') return ['stopped', desktop.sentence];
  if (desktop.kind !== 'running' || host === undefined) return ['starting', desktop.sentence];
  const { models } = host;
  const broken = models.filter(({ state }) => state === 'UNAVAILABLE');
  if (broken.length > 0) return ['attention', `Not served: ${broken.map(({ name }) => name).join(', ')}`];
  if (models.length > 0 && models.every(({ state }) => state === 'LOADING')) return ['starting', 'Models are loading.'];
  const sentence = `Millrace serves ${models.length} model${models.length === 1 ? '' : 's'}`;
  return [countAllCopies(models).busy > 0 || host.traffic.requestsPerSecond > 0 ? 'busy' : 'ready', sentence];
}

/** macOS colors template images itself; the system picks the `@2x` beside the file. */
export function trayImage(shape: TrayShape, platform: NodeJS.Platform): string {
  return `tray-${shape}${platform === 'darwin' ? 'Template' : ''}.png`;
}
