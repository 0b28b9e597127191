/** The tray: a shape of its own for each state, and only what can be done. */
import { describe, expect, it } from 'vitest';
import { trayImage, trayView } from '../../electron/tray-model.ts';
import { initialState } from '../../renderer/live/live-state.ts';
import type { LiveState } from '../../renderer/live/live-state.ts';
import type { DesktopHost } from '../../server/protocol/desktop-bridge.ts';
import { copyView, hostView, modelView, versionView } from '../renderer/views.ts';

const running: DesktopHost = { kind: 'running', isOurs: true, sentence: 'Millrace runs.', lines: [] };
const live = (changes: Parameters<typeof hostView>[0] = {}): LiveState => ({
  ...initialState,
  connection: 'live',
  host: hostView(changes),
});
const labels = (desktop: DesktopHost, state = live()): string[] =>
  trayView(desktop, state).items.map(({ label }) => label);
const busyModel = modelView({ versions: [versionView({ replicas: [copyView({ inFlight: 1 })] })] });

describe('the shape of the tray', () => {
  it.each([
    ['ready', running, live(), 'Millrace serves 1 model'],
    ['busy', running, live({ models: [busyModel, modelView({ name: 'b' })] }), 'Millrace serves 2 models'],
    ['busy', running, live({ traffic: { requestsPerSecond: 0.1, failuresPerSecond: 0 } }), 'Millrace serves 1 model'],
    ['ready', running, live({ models: [] }), 'Millrace serves 0 models'],
    ['starting', running, live({ models: [modelView({ state: 'LOADING' })] }), 'Models are loading.'],
    ['starting', running, { ...live(), connection: 'gone' }, 'Millrace runs.'],
    ['starting', running, initialState, 'Millrace runs.'],
    [
      'attention',
      running,
      live({ models: [busyModel, modelView({ name: 'b', state: 'UNAVAILABLE' })] }),
      'Not served: b',
    ],
    ['starting', { ...running, kind: 'starting', sentence: 'It starts.' }, live(), 'It starts.'],
    ['starting', { ...running, kind: 'waiting', sentence: 'It died.' }, live(), 'It died.'],
    ['attention', { ...running, kind: 'failed', sentence: 'It failed.' }, live(), 'It failed.'],
    ['stopped', { ...running, kind: 'stopped', sentence: 'It has stopped.' }, live(), 'It has stopped.'],
  ] as const)('is %s (case %#)', (shape, desktop, state, sentence) => {
    expect(trayView(desktop, state)).toMatchObject({ shape, sentence });
  });

  it('is an image of its own, on macOS one that the system colors', () => {
    expect(trayImage('busy', 'linux')).toBe('tray-busy.png');
    expect(trayImage('busy', 'win32')).toBe('tray-busy.png');
    expect(trayImage('attention', 'darwin')).toBe('tray-attentionTemplate.png');
  });
});

describe('the menu of the tray', () => {
  it('says that quitting stops the serving, where it does', () => {
    expect(labels(running)).toEqual(['Open Millrace', 'Copy the address for apps', 'Stop serving and quit']);
    expect(labels({ ...running, isOurs: false })).toEqual(['Open Millrace', 'Copy the address for apps', 'Quit']);
  });

  it('starts a host that is down, and only such a one', () => {
    for (const kind of ['stopped', 'failed'] as const)
      expect(labels({ ...running, kind })).toEqual(['Open Millrace', 'Start again', 'Quit']);
    for (const kind of ['starting', 'waiting'] as const)
      expect(labels({ ...running, kind })).toEqual(['Open Millrace', 'Quit']);
  });
});

describe('what the tray offers about updates', () => {
  it('stands before Quit, which stays last', () => {
    const { items } = trayView(running, live(), [{ label: 'Look for updates', act: 'check' }]);
    expect(items.map(({ act }) => act).slice(-2)).toEqual(['check', 'quit']);
  });
});
