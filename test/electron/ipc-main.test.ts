/** The one door between page and shell (S61). */
import { describe, expect, it } from 'vitest';
import { requests } from '../../electron/channels.ts';
import { answerRequests } from '../../electron/ipc-main.ts';
import { FakeElectron } from '../fakes/electron.ts';

const view = {
  switches: { startAtLogin: false, startHidden: false, closeToTray: false, keepAwake: false },
  host: { kind: 'running', isOurs: true, sentence: '', lines: [] },
} as const;

function door() {
  const electron = new FakeElectron('/app', {});
  const heard: unknown[] = [];
  answerRequests(electron.port.ipcMain, {
    'shell:view': () => view,
    'shell:start-host': () => void heard.push('start'),
    'shell:take-opened': () => undefined,
    'shell:set-switch': (name, isOn) => {
      heard.push([name, isOn]);
      return view;
    },
  });
  return { electron, heard };
}

describe('a request of the page', () => {
  it('is answered for the main frame of our own page', () => {
    const { electron, heard } = door();
    expect(electron.ask('shell:view')).toBe(view);
    expect(electron.ask('shell:set-switch', ['closeToTray', true])).toBe(view);
    expect(heard).toEqual([['closeToTray', true]]);
  });

  it('has an answer for each row of the table and for no other', () => {
    const { electron } = door();
    expect([...electron.answers.keys()].toSorted()).toEqual(Object.keys(requests).toSorted());
  });

  it.each([
    ['another site', { parent: null, url: 'https://evil.example/app://gui/' }],
    ['another host of the scheme', { parent: null, url: 'app://evil/' }],
    ['a frame within our page', { parent: { url: 'app://gui/' }, url: 'app://gui/' }],
    ['a frame that has gone', null],
    ['a page without an address', { parent: null, url: '' }],
  ])('is refused from %s', (_, frame) => {
    const { electron, heard } = door();
    for (const channel of Object.keys(requests))
      expect(() => electron.ask(channel, [], frame)).toThrow('own page only');
    expect(heard).toEqual([]);
  });

  it.each([
    [['closeToTray']],
    [['closeToTray', 'yes']],
    [['closeToTray', 1]],
    [['__proto__', true]],
    [['quit', true]],
    [[{ toString: () => 'closeToTray' }, true]],
    [['closeToTray', true, 'more']],
    [[]],
  ])('is refused with other words than it takes: %j', (words) => {
    const { electron, heard } = door();
    expect(() => electron.ask('shell:set-switch', words)).toThrow('does not take these words');
    expect(heard).toEqual([]);
  });

  it('takes no words where it needs none', () => {
    const { electron } = door();
    expect(() => electron.ask('shell:view', ['x'])).toThrow('does not take these words');
    expect(() => electron.ask('shell:start-host', [{ node: '/bin/sh' }])).toThrow('does not take these words');
  });
});
