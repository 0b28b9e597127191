import { describe, expect, it } from 'vitest';
import { freeAccountId, graphicsGroupsIn, stepText } from '../../server/daemon/apply-plan.ts';
import { planInstall, planUninstall, statusCommand } from '../../server/daemon/service-plan.ts';
import type { ServicePlan, ServiceStep } from '../../server/daemon/service-plan.ts';
import { serviceDataFolder } from '../../server/daemon/service-settings.ts';
import { facts, macFacts, macSettings, settings, windowsFacts, windowsSettings } from './service-facts.ts';

const commands = ({ steps }: ServicePlan): string[] =>
  steps.flatMap((step) => (step.kind === 'command' ? [[step.command, ...step.args].join(' ')] : []));
const paths = ({ steps }: ServicePlan, kind: ServiceStep['kind']): string[] =>
  steps.flatMap((step) => (step.kind === kind && step.kind !== 'command' ? [step.path] : []));

describe('the plan of an installation', () => {
  it('on Linux writes the unit and starts it', () => {
    const plan = planInstall(settings, facts);
    expect(paths(plan, 'file')).toEqual(['/etc/systemd/system/millrace.service']);
    expect(commands(plan)).toEqual([
      'systemctl daemon-reload',
      'systemctl enable millrace',
      'systemctl restart millrace',
    ]);
  });

  it('starts nothing where that was not wanted', () => {
    expect(commands(planInstall({ ...settings, startNow: false }, facts))).toEqual([
      'systemctl daemon-reload',
      'systemctl enable millrace',
    ]);
    expect(
      commands(planInstall({ ...macSettings, startNow: false }, macFacts)).some((line) => line.startsWith('launchctl')),
    ).toBe(false);
    expect(
      commands(planInstall({ ...windowsSettings, startNow: false }, windowsFacts)).some((line) =>
        line.includes('/Run'),
      ),
    ).toBe(false);
  });

  it('for a person on Linux stays in the home folder', () => {
    const plan = planInstall(
      { ...settings, scope: 'user', dataFolder: '/home/petra/.local/share/millrace' },
      { ...facts, isAdministrator: false },
    );
    expect(paths(plan, 'file')).toEqual(['/home/petra/.config/systemd/user/millrace.service']);
    expect(commands(plan)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable millrace',
      'systemctl --user restart millrace',
    ]);
    expect(plan.notes.join(' ')).toContain('loginctl enable-linger petra');
  });

  it('on macOS makes an account that nobody can log in with, once', () => {
    const lines = commands(planInstall(macSettings, macFacts));
    expect(lines).toContain('dscl . -create /Users/_millrace UserShell /usr/bin/false');
    expect(lines).toContain('dscl . -create /Users/_millrace UniqueID 399');
    expect(lines.at(-1)).toBe('launchctl bootstrap system /Library/LaunchDaemons/org.millrace.millrace.plist');
    expect(
      commands(planInstall(macSettings, { ...macFacts, hasAccount: true })).some((line) => line.startsWith('dscl')),
    ).toBe(false);
  });

  it('on macOS owns its folders before it starts', () => {
    const { steps } = planInstall(macSettings, macFacts);
    const at = (test: (step: ServiceStep) => boolean): number => steps.findIndex(test);
    const owned = at((step) => step.kind === 'command' && step.command === 'chown');
    expect(owned).toBeGreaterThan(at((step) => step.kind === 'folder'));
    expect(owned).toBeLessThan(at((step) => step.kind === 'command' && step.args[0] === 'bootstrap'));
  });

  it('on Windows closes the data folder to everybody else before anything is in it', () => {
    const plan = planInstall(windowsSettings, windowsFacts);
    const lines = commands(plan);
    expect(lines[0]).toBe(
      'icacls.exe C:\\ProgramData\\Millrace /inheritance:r /grant:r *S-1-5-32-544:(OI)(CI)F *S-1-5-18:(OI)(CI)F *S-1-5-19:(OI)(CI)M',
    );
    expect(lines[1]).toMatch(/^schtasks\.exe \/Create \/TN \\Millrace\\millrace \/XML /);
    expect(lines.slice(-2)).toEqual([
      'schtasks.exe /End /TN \\Millrace\\millrace',
      'schtasks.exe /Run /TN \\Millrace\\millrace',
    ]);
    expect(paths(plan, 'remove')).toEqual(paths(plan, 'file'));
  });

  it.each([
    ['linux', { ...settings, program: { ...settings.program, folder: '/home/petra/millrace' } }, facts],
    [
      'an AppImage',
      { ...settings, program: { ...settings.program, folder: '/tmp/.mount_MillraX/resources/server' } },
      facts,
    ],
    ['models of a person', { ...settings, serveWords: ['--models', '/root/models'] }, facts],
    ['macOS', { ...macSettings, program: { ...settings.program, folder: '/Users/petra/millrace' } }, macFacts],
    [
      'Windows',
      { ...windowsSettings, program: { ...windowsSettings.program, folder: 'c:\\users\\petra\\millrace' } },
      windowsFacts,
    ],
  ])('refuses what another account cannot read: %s', (_, wanted, machine) => {
    expect(() => planInstall(wanted, machine)).toThrow(/cannot read .* belongs to one person/);
    expect(() => planInstall({ ...wanted, scope: 'user' }, machine)).not.toThrow();
  });

  it('refuses a folder that systemd would not give to an account of its own', () => {
    expect(() => planInstall({ ...settings, dataFolder: '/srv/data' }, facts)).toThrow(
      'keeps its data in /var/lib/millrace, not in /srv/data',
    );
    expect(() => planInstall({ ...settings, dataFolder: '/srv/data', account: 'plant' }, facts)).not.toThrow();
  });

  it.each(['../x', 'Big', 'a b', '', 'x'.repeat(40), '-a'])('refuses the name %j', (name) => {
    expect(() => planInstall({ ...settings, name, dataFolder: `/var/lib/${name}` }, facts)).toThrow(
      'cannot be the name of a service',
    );
    expect(() => planUninstall({ ...settings, name }, facts)).toThrow('cannot be the name of a service');
    expect(() => statusCommand('system', name, facts)).toThrow('cannot be the name of a service');
  });

  it('refuses a line break in a path, which would be a second line of the unit', () => {
    const folder = '/opt/a\nExecStartPre=/bin/evil';
    expect(() => planInstall({ ...settings, program: { ...settings.program, folder } }, facts)).toThrow(
      'no service can be given',
    );
  });

  it('needs an administrator for the machine, and none for a person', () => {
    const plain = { ...facts, isAdministrator: false };
    expect(() => planInstall(settings, plain)).toThrow("only be installed with an administrator's rights");
    expect(() => planUninstall(settings, plain)).toThrow("only be removed with an administrator's rights");
    expect(() => planInstall({ ...settings, scope: 'user' }, plain)).not.toThrow();
  });

  it('knows no services of other systems', () => {
    expect(() => planInstall(settings, { ...facts, platform: 'freebsd' })).toThrow(
      'Millrace knows no services of freebsd',
    );
  });
});

describe('the plan of a removal', () => {
  it('undoes what the installation did and keeps the data', () => {
    const plan = planUninstall(settings, facts);
    expect(paths(plan, 'remove')).toEqual(['/etc/systemd/system/millrace.service']);
    expect(commands(plan)[0]).toBe('systemctl disable --now millrace');
    expect(plan.notes.join(' ')).toContain('/var/lib/millrace is kept');
    for (const each of [plan, planUninstall(macSettings, macFacts), planUninstall(windowsSettings, windowsFacts)]) {
      expect(paths(each, 'remove').some((path) => path === settings.dataFolder || path.endsWith('\\Millrace'))).toBe(
        false,
      );
    }
  });

  it('on Windows ends the task before it deletes it', () => {
    expect(commands(planUninstall(windowsSettings, windowsFacts))).toEqual([
      'schtasks.exe /Change /TN \\Millrace\\millrace /DISABLE',
      'schtasks.exe /End /TN \\Millrace\\millrace',
      'schtasks.exe /Delete /TN \\Millrace\\millrace /F',
    ]);
  });
});

describe('what is asked and found on a machine', () => {
  it('asks each system in words that do not depend on its language', () => {
    expect(stepText(statusCommand('system', 'millrace', facts))).toContain(
      'systemctl show millrace --property=LoadState',
    );
    expect(stepText(statusCommand('user', 'millrace', macFacts))).toContain(
      'launchctl print gui/501/org.millrace.millrace',
    );
    expect(stepText(statusCommand('system', 'millrace', windowsFacts))).toContain('Get-ScheduledTask');
  });

  it('names only groups that there are', () => {
    expect(graphicsGroupsIn('root:x:0:\nvideo:x:44:petra\nrenderer:x:9:\n')).toEqual(['video']);
    expect(graphicsGroupsIn('')).toEqual([]);
  });

  it('takes the highest free number of those for services', () => {
    expect(freeAccountId('_www  70\n_x 399\n_y 398\n')).toBe(397);
    expect(() => freeAccountId(Array.from({ length: 200 }, (_, i) => `u ${200 + i}`).join('\n'))).toThrow(
      'no free number',
    );
  });

  it('keeps the data of a service where its system keeps such data', () => {
    expect(serviceDataFolder('system', facts, 'millrace', '/u')).toBe('/var/lib/millrace');
    expect(serviceDataFolder('system', macFacts, 'millrace', '/u')).toBe('/Library/Application Support/millrace');
    expect(serviceDataFolder('system', windowsFacts, 'millrace', 'u')).toBe('C:\\ProgramData\\Millrace');
    expect(serviceDataFolder('user', facts, 'millrace', '/u')).toBe('/u');
    expect(serviceDataFolder('user', facts, 'second', '/u')).toBe('/u-second');
  });
});
