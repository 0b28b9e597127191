import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trayOf } from '../../electron/tray.ts';
import { initialState } from '../../renderer/live/live-state.ts';
import type { DesktopHost } from '../../server/protocol/desktop-bridge.ts';
import { FakeElectron } from '../fakes/electron.ts';

const starting: DesktopHost = { kind: 'starting', isOurs: true, sentence: 'It starts.', lines: [] };

function tray() {
  const electron = new FakeElectron('/app', {});
  const acts: string[] = [];
  const parts = { electron: electron.port, icons: '/icons', platform: 'linux' as const };
  return { electron, acts, show: trayOf({ ...parts, onAct: (act) => acts.push(act) }) };
}

it('a tray shows image, sentence and menu together, and is one icon whatever changes', () => {
  const { electron, acts, show } = tray();
  show(starting, initialState);
  expect(electron.tray.image).toBe(join('/icons', 'tray-starting.png'));
  expect(electron.tray.toolTip).toBe('It starts.');
  expect(electron.tray.labels).toEqual(['It starts.', 'Open Millrace', 'Quit']);
  show({ ...starting, kind: 'failed', sentence: 'It failed.' }, initialState);
  expect(electron.tray.image).toBe(join('/icons', 'tray-attention.png'));
  expect(electron.tray.labels).toEqual(['It failed.', 'Open Millrace', 'Start again', 'Quit']);
  expect(electron.trays).toHaveLength(1);
  electron.tray.choose('Start again');
  electron.tray.emit('click');
  expect(acts).toEqual(['start-host', 'open']);
});

it('a tray is left alone while nothing that it shows has changed', () => {
  const { electron, show } = tray();
  show(starting, initialState);
  const { menu } = electron.tray;
  show({ ...starting, lines: ['a line of the log'] }, { ...initialState, heardAt: 5 });
  expect(electron.tray.menu).toBe(menu);
});
