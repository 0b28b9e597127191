import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { UpdateView } from '../../server/protocol/update-view.ts';
import { quietMs } from '../../server/updating/update-decision.ts';
import { UpdateKeeper } from '../../server/updating/update-keeper.ts';
import type { KeeperOptions, Updater } from '../../server/updating/update-keeper.ts';
import type { UpdateSettings } from '../../server/updating/update-policy.ts';

const settings: UpdateSettings = { mode: 'notify', url: 'https://a.test', hour: 3, allowsFiles: true, isLocked: false };

/** A release place with one version, which can be out of reach or broken. */
class FakeUpdater implements Updater {
  readonly done: string[] = [];
  version: string | undefined = '2.0.0';
  trouble: string | undefined;
  useAddress(url: string): void {
    this.done.push(`at ${url}`);
  }
  async check(): Promise<string | undefined> {
    this.done.push('check');
    if (this.trouble !== undefined) throw new Error(this.trouble);
    return this.version;
  }
  async download(onPercent: (percent: number) => void): Promise<void> {
    this.done.push('download');
    for (const percent of [0.2, 40.1, 40.7, 100]) onPercent(percent);
    if (this.trouble !== undefined) throw new Error(this.trouble);
  }
  install(): void {
    this.done.push('install');
  }
}

const keepers: UpdateKeeper[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
});

function world(change: Partial<UpdateSettings> = {}, more: Partial<KeeperOptions> = {}) {
  const updater = new FakeUpdater();
  const views: UpdateView[] = [];
  const clock = { now: new Date(2026, 10, 24, 12, 0), idleMs: quietMs };
  const keeper = new UpdateKeeper({
    settings: { ...settings, ...change },
    loadUpdater: async () => updater,
    parcelFolder: join(tmpdir(), 'never-used'),
    idleMs: () => clock.idleMs,
    beforeInstall: async () => void updater.done.push('stopped'),
    onChange: (view) => views.push(view),
    now: () => clock.now,
    ...more,
  });
  keepers.push(keeper);
  return { keeper, updater, views, clock };
}
const night = new Date(2026, 10, 25, 3, 30);
const later = new Date(2026, 10, 24, 12, 11);

describe('keeping the program up to date', () => {
  it('tells of a new version once a day and fetches nothing by itself', async () => {
    const { keeper, updater, clock } = world();
    await keeper.tick();
    expect(updater.done).toEqual([]);
    clock.now = later;
    await keeper.tick();
    await keeper.tick();
    expect(updater.done).toEqual(['at https://a.test', 'check']);
    expect(keeper.view).toMatchObject({ phase: 'available', version: '2.0.0', sentence: 'Version 2.0.0 is there.' });
  });

  it('downloads now and installs tonight, after the host was stopped', async () => {
    const { keeper, updater, clock } = world();
    await keeper.order('check');
    await keeper.order('install-tonight');
    expect(keeper.view).toMatchObject({ phase: 'downloaded', isOrdered: true });
    await keeper.tick();
    expect(updater.done).not.toContain('install');
    clock.now = night;
    clock.idleMs = 0;
    await keeper.tick();
    expect(updater.done).not.toContain('install');
    clock.idleMs = quietMs;
    await keeper.tick();
    expect(updater.done.slice(-2)).toEqual(['stopped', 'install']);
  });

  it('can take tonight back', async () => {
    const { keeper, updater, clock } = world();
    await keeper.order('check');
    await keeper.order('install-tonight');
    await keeper.order('not-tonight');
    clock.now = night;
    await keeper.tick();
    expect(updater.done).not.toContain('install');
    expect(keeper.view.isOrdered).toBe(false);
  });

  it('does all of it by itself where the setting says so', async () => {
    const { keeper, updater, clock } = world({ mode: 'tonight' });
    clock.now = later;
    await keeper.tick();
    await keeper.tick();
    clock.now = night;
    await keeper.tick();
    expect(updater.done).toEqual(['at https://a.test', 'check', 'download', 'stopped', 'install']);
  });

  it('never looks where an administrator has said no, whoever asks', async () => {
    const { keeper, updater, clock } = world({ mode: 'off', isLocked: true });
    keeper.setMode('tonight');
    clock.now = night;
    await keeper.tick();
    await keeper.order('check');
    expect(updater.done).toEqual([]);
    expect(keeper.view).toMatchObject({ canLook: false, mode: 'off' });
    expect(keeper.view.sentence).toContain('administrator');
  });

  it('lets a person look where it only does not look by itself', async () => {
    const { keeper, updater } = world({ mode: 'off' });
    await keeper.tick();
    await keeper.order('check');
    expect(updater.done).toEqual(['at https://a.test', 'check']);
  });

  it('says why it could not look and tries again an hour later', async () => {
    const { keeper, updater, clock } = world();
    updater.trouble = 'The network is unreachable.';
    clock.now = later;
    await keeper.tick();
    expect(keeper.view).toMatchObject({ phase: 'none', trouble: 'The network is unreachable.' });
    clock.now = new Date(later.getTime() + 3_599_000);
    await keeper.tick();
    expect(updater.done.filter((act) => act === 'check')).toHaveLength(1);
    clock.now = new Date(later.getTime() + 3_600_000);
    await keeper.tick();
    expect(updater.done.filter((act) => act === 'check')).toHaveLength(2);
  });

  it('forgets a version whose download is broken, and an order for tonight with it', async () => {
    const { keeper, updater } = world();
    await keeper.order('check');
    updater.trouble = 'The file is not what the list says.';
    await keeper.order('install-tonight');
    expect(keeper.view).toMatchObject({
      phase: 'none',
      isOrdered: false,
      trouble: 'The file is not what the list says.',
    });
  });

  it('stays downloaded where the host could not be stopped', async () => {
    const { keeper, updater } = world({}, { beforeInstall: () => Promise.reject(new Error('It does not stop.')) });
    await keeper.order('check');
    await keeper.order('download');
    await keeper.order('install-now');
    expect(updater.done).not.toContain('install');
    expect(keeper.view).toMatchObject({ phase: 'downloaded', trouble: 'It does not stop.' });
  });

  it('ignores orders that do not fit', async () => {
    const { keeper, updater } = world();
    await keeper.order('download');
    await keeper.order('install-now');
    await keeper.order('install-tonight');
    expect(updater.done).toEqual([]);
    expect(keeper.view.isOrdered).toBe(false);
  });

  it('tells each whole percent once', async () => {
    const { keeper, views } = world();
    await keeper.order('check');
    await keeper.order('download');
    expect(views.flatMap(({ phase, percent }) => (phase === 'downloading' ? [percent] : []))).toEqual([0, 40, 100]);
  });

  it('tries to load the updater again where that failed', async () => {
    let tries = 0;
    const updater = new FakeUpdater();
    const { keeper } = world(
      {},
      { loadUpdater: async () => (++tries === 1 ? Promise.reject(new Error('gone')) : updater) },
    );
    await keeper.order('check');
    expect(keeper.view.trouble).toBe('gone');
    await keeper.order('check');
    expect(keeper.view.phase).toBe('available');
  });

  it('takes no file where an administrator allows none', async () => {
    const { keeper, updater } = world({ allowsFiles: false });
    await keeper.openFile('/nowhere');
    expect(updater.done).toEqual([]);
    expect(keeper.view.trouble).toContain('no updates from files');
  });

  it('says what is wrong with a file that is no update', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-parcel-'));
    try {
      const { keeper } = world({}, { parcelFolder: join(folder, 'parcel') });
      await keeper.openFile(import.meta.filename);
      expect(keeper.view).toMatchObject({ phase: 'none' });
      expect(keeper.view.trouble).toContain('This file is no update of Millrace');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
