import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesktopUpdates, updateOrders } from '../../server/updating/desktop-updates.ts';
import type { DesktopUpdates, DesktopUpdatesParts } from '../../server/updating/desktop-updates.ts';
import type { Updater } from '../../server/updating/update-keeper.ts';

let folder: string;
let opened: DesktopUpdates[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-updates-'));
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((updates) => updates.stop()));
  rmSync(folder, { recursive: true });
});

const place: Updater = { useAddress() {}, check: async () => '2.0.0', download: async () => {}, install() {} };

function open(files: Readonly<Record<string, string>>, more: Partial<DesktopUpdatesParts> = {}): DesktopUpdates {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const updates = openDesktopUpdates({
    platform: 'linux',
    environment: {},
    sourceFile: join(folder, 'updates.json'),
    policyFile: join(folder, 'policy.json'),
    folder: join(folder, 'own'),
    loadUpdater: async () => place,
    beforeInstall: async () => {},
    onChange() {},
    ...more,
  });
  opened.push(updates);
  return updates;
}
const source = { 'updates.json': JSON.stringify({ url: 'https://a.test/', publicKey: 'key' }) };

describe('the updates of the desktop program', () => {
  it('are none in a build without the makers address and key', async () => {
    const { view } = open({});
    expect(view).toMatchObject({ canLook: false, canTakeFile: false });
    expect(open({ 'updates.json': '{"url":"http://a.test/","publicKey":"key"}' }).view.canLook).toBe(false);
    expect(open({ 'updates.json': '{"url":"https://a.test/"}' }).view.canTakeFile).toBe(false);
  });

  it('are told of by default', () => {
    expect(open(source).view).toMatchObject({ mode: 'notify', isLocked: false, canLook: true, canTakeFile: true });
  });

  it('keep a choice over the next start', () => {
    open(source).setMode('tonight');
    expect(open(source).view.mode).toBe('tonight');
  });

  it('are the administrator business where there is a policy', () => {
    open(source).setMode('tonight');
    const updates = open({ ...source, 'policy.json': '{"updates":{"mode":"off"}}' });
    updates.setMode('notify');
    expect(updates.view).toMatchObject({ mode: 'off', isLocked: true, canLook: false });
    expect(updates.orders).toEqual([]);
  });

  it('are off, and say why, where the policy cannot be understood or read', () => {
    const updates = open({ ...source, 'policy.json': '{"updates":{"mode":"of"}}' });
    expect(updates.view).toMatchObject({ mode: 'off', canTakeFile: false });
    expect(updates.view.trouble).toContain('updates.mode is "of"');
    const policyFile = join(folder, 'a-folder');
    mkdirSync(policyFile);
    expect(open(source, { policyFile }).view).toMatchObject({ mode: 'off', canTakeFile: false });
  });

  it('wait for ten minutes without a request', async () => {
    let now = new Date(2026, 10, 24, 3, 0);
    let installs = 0;
    const updates = open(source, {
      now: () => now,
      loadUpdater: async () => ({ ...place, install: () => void installs++ }),
    });
    await updates.order('check');
    await updates.order('install-tonight');
    const keeper = opened.at(-1)!;
    now = new Date(2026, 10, 24, 3, 9);
    keeper.noteTraffic(0.1);
    expect(keeper.view.phase).toBe('downloaded');
    await updates.order('install-now');
    expect(installs).toBe(1);
  });
});

describe('what the tray offers', () => {
  const view = {
    mode: 'notify',
    isLocked: false,
    canLook: true,
    canTakeFile: true,
    isOrdered: false,
    sentence: '',
  } as const;

  it('is what fits the phase', () => {
    const offered = (change: object): string[] =>
      updateOrders({ ...view, phase: 'none', version: '2.0.0', ...change }).map(({ act }) => act);
    expect(offered({})).toEqual(['check']);
    expect(offered({ canLook: false })).toEqual([]);
    expect(offered({ phase: 'available' })).toEqual(['download', 'install-tonight']);
    expect(offered({ phase: 'downloaded' })).toEqual(['install-now', 'install-tonight']);
    expect(offered({ phase: 'downloaded', isOrdered: true })).toEqual(['install-now', 'not-tonight']);
    for (const phase of ['checking', 'downloading', 'installing']) expect(offered({ phase })).toEqual([]);
  });
});
