import { describe, expect, it } from 'vitest';
import { systemdUnit } from '../../server/daemon/systemd-unit.ts';
import { facts, settings } from './service-facts.ts';

const lines = (changes: Partial<typeof settings> = {}, more: Partial<typeof facts> = {}): string[] =>
  systemdUnit({ ...settings, ...changes }, { ...facts, ...more }).split('\n');

describe('the systemd unit', () => {
  it('calls the program by its path, with its data folder', () => {
    expect(lines()).toContain(
      'ExecStart=/opt/millrace/bin/node /opt/millrace/bin/millrace.mjs serve --json --data /var/lib/millrace',
    );
  });

  it('quotes what a path may hold, and doubles the signs of systemd', () => {
    expect(
      lines({ serveWords: ['--models', '/srv/50% of "my" models\\$HOME'] }).find((line) =>
        line.startsWith('ExecStart='),
      ),
    ).toMatch(/ --models "\/srv\/50%% of \\"my\\" models\\\\\$\$HOME"$/);
  });

  it('gives the service an account, a data folder and nothing else to write to', () => {
    const unit = lines();
    for (const line of [
      'DynamicUser=yes',
      'StateDirectory=millrace',
      'StateDirectoryMode=0700',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'NoNewPrivileges=yes',
      'PrivateDevices=yes',
      'PrivateTmp=yes',
      'CapabilityBoundingSet=',
      'UMask=0077',
    ]) {
      expect(unit).toContain(line);
    }
    expect(unit.some((line) => line.startsWith('ReadWritePaths='))).toBe(false);
  });

  it('does not forbid what V8 and the autoscaler live from', () => {
    expect(lines().filter((line) => /^(?:MemoryDenyWriteExecute|ProcSubset|PrivateNetwork)=/.test(line))).toEqual([]);
  });

  it('lets the host end its processes itself, and survives the death of one', () => {
    const unit = lines();
    for (const line of ['KillMode=mixed', 'KillSignal=SIGTERM', 'TimeoutStopSec=90', 'OOMPolicy=continue'])
      expect(unit).toContain(line);
  });

  it('tries again after a crash and not after wrong settings', () => {
    const unit = lines();
    expect(unit).toContain('Restart=on-failure');
    expect(unit).toContain('RestartPreventExitStatus=2');
  });

  it('opens graphics devices only where they were asked for', () => {
    expect(lines().some((line) => line.startsWith('DeviceAllow='))).toBe(false);
    const unit = lines({ gpu: true });
    expect(unit).toContain('SupplementaryGroups=video render');
    expect(unit).toContain('DeviceAllow=char-drm rw');
    expect(unit).not.toContain('PrivateDevices=yes');
    expect(lines({ gpu: true }, { graphicsGroups: [] }).some((line) => line.startsWith('SupplementaryGroups='))).toBe(
      false,
    );
  });

  it('runs as an account that is named, in the folder that is named', () => {
    const unit = lines({ account: 'plant', dataFolder: '/srv/millrace data' });
    expect(unit).toContain('User=plant');
    expect(unit).toContain('ReadWritePaths="/srv/millrace data"');
    expect(unit).toContain('WorkingDirectory=/srv/millrace data');
    expect(unit).not.toContain('DynamicUser=yes');
  });

  it('of a person needs no right that a person has not', () => {
    const unit = lines({ scope: 'user', dataFolder: '/home/petra/.local/share/millrace' });
    expect(unit).toContain('WantedBy=default.target');
    expect(
      unit.filter((line) =>
        /^(?:DynamicUser|User|StateDirectory|After|Wants|ProtectSystem|PrivateDevices)=/.test(line),
      ),
    ).toEqual([]);
  });
});
