/**
 * What `millrace service` does, as a plan: folders and files to write, commands to run, things to say. Pure, so that
 * `--dry-run` shows exactly what would happen, and a plan for Windows can be tested on Linux.
 */
import { MillraceError } from '../base/errors.ts';
import { launchdLabel, launchdLogFolder, launchdPlist } from './launchd-plist.ts';
import { serviceAccount, serviceNamePattern } from './service-settings.ts';
import type { MachineFacts, ServiceScope, ServiceSettings } from './service-settings.ts';
import { systemdUnit } from './systemd-unit.ts';
import { localServiceSid, taskName, windowsLogFile, windowsTask } from './windows-task.ts';

export type ServiceStep =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly text: string;
      readonly mode: number;
      /** `utf16le` gets a byte order mark: `schtasks` reads no other. Default utf8. */
      readonly encoding?: 'utf16le';
    }
  | { readonly kind: 'remove'; readonly path: string }
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly args: readonly string[];
      /** A failure is fine: what it undoes may be undone already. */
      readonly mayFail?: boolean;
    };

export type CommandStep = Extract<ServiceStep, { kind: 'command' }>;

export interface ServicePlan {
  readonly steps: readonly ServiceStep[];
  /** What a person should know afterwards, one sentence each. */
  readonly notes: readonly string[];
}

const command = (name: string, ...args: readonly string[]): CommandStep => ({ kind: 'command', command: name, args });
const tolerated = (name: string, ...args: readonly string[]): CommandStep => ({
  kind: 'command',
  command: name,
  args,
  mayFail: true,
});

/** Errors: `unsupported` for another system, `invalid-config` where the service could not start, `forbidden` without the rights. */
export function planInstall(settings: ServiceSettings, facts: MachineFacts): ServicePlan {
  checkName(settings.name);
  checkRights('installed', settings.scope, facts);
  checkPlace(settings, facts);
  checkAccount(settings, facts);
  return forSystem(facts, {
    linux: () => installSystemd(settings, facts),
    darwin: () => installLaunchd(settings, facts),
    win32: () => installTask(settings, facts),
  });
}

/** Leaves the data folder alone: models and settings are somebody's work. */
export function planUninstall(
  service: Pick<ServiceSettings, 'scope' | 'name' | 'dataFolder'>,
  facts: MachineFacts,
): ServicePlan {
  checkName(service.name);
  checkRights('removed', service.scope, facts);
  const kept = `The data folder ${service.dataFolder} is kept; remove it if you want its models and settings gone.`;
  const steps = forSystem(facts, {
    linux: () => uninstallSystemd(service, facts),
    darwin: () => uninstallLaunchd(service, facts),
    win32: () => [
      tolerated('schtasks.exe', '/Change', '/TN', taskName(service.name), '/DISABLE'),
      tolerated('schtasks.exe', '/End', '/TN', taskName(service.name)),
      command('schtasks.exe', '/Delete', '/TN', taskName(service.name), '/F'),
    ],
  });
  return { steps, notes: [kept] };
}

/** The one command whose output says how the service is; service-state.ts reads it. */
export function statusCommand(scope: ServiceScope, name: string, facts: MachineFacts): CommandStep {
  checkName(name);
  return forSystem(facts, {
    linux: () =>
      command(
        'systemctl',
        ...userWord(scope),
        'show',
        name,
        '--property=LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,ExecMainStatus',
      ),
    darwin: () => command('launchctl', 'print', `${launchdDomain(scope, facts)}/${launchdLabel(name)}`),
    // By PowerShell, because schtasks answers in the language of Windows.
    win32: () =>
      command(
        'powershell.exe',
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `$task = Get-ScheduledTask -TaskPath '\\Millrace\\' -TaskName '${name}' -ErrorAction Stop; ` +
          `"State=$($task.State)"; "LastResult=$(($task | Get-ScheduledTaskInfo).LastTaskResult)"`,
      ),
  });
}

function installSystemd(settings: ServiceSettings, facts: MachineFacts): ServicePlan {
  const { name, scope, dataFolder, startNow } = settings;
  const path = unitPath(scope, name, facts);
  return {
    steps: [
      ...(scope === 'user'
        ? [
            { kind: 'folder', path: path.slice(0, path.lastIndexOf('/')), mode: 0o755 } as const,
            { kind: 'folder', path: dataFolder, mode: 0o700 } as const,
          ]
        : []),
      { kind: 'file', path, text: systemdUnit(settings, facts), mode: 0o644 },
      command('systemctl', ...userWord(scope), 'daemon-reload'),
      command('systemctl', ...userWord(scope), 'enable', name),
      // Also where an older one runs: installing again is how it is changed.
      ...(startNow ? [command('systemctl', ...userWord(scope), 'restart', name)] : []),
    ],
    notes: [
      scope === 'system'
        ? `Its log: journalctl -u ${name}. Its interface: sudo millrace open --print --data ${dataFolder}`
        : `Its log: journalctl --user -u ${name}. It stops when you log out, unless you run: loginctl enable-linger ${facts.userName}`,
    ],
  };
}

function uninstallSystemd(
  { scope, name }: Pick<ServiceSettings, 'scope' | 'name'>,
  facts: MachineFacts,
): ServiceStep[] {
  return [
    tolerated('systemctl', ...userWord(scope), 'disable', '--now', name),
    { kind: 'remove', path: unitPath(scope, name, facts) },
    command('systemctl', ...userWord(scope), 'daemon-reload'),
    tolerated('systemctl', ...userWord(scope), 'reset-failed', name),
  ];
}

function installLaunchd(settings: ServiceSettings, facts: MachineFacts): ServicePlan {
  const { scope, name, dataFolder, startNow } = settings;
  const [path, logs] = [plistPath(scope, name, facts), launchdLogFolder(settings, facts)];
  const isSystem = scope === 'system';
  const account = settings.account ?? `${serviceAccount}:${serviceAccount}`;
  const owner = isSystem ? [command('chown', '-R', account, dataFolder, logs)] : [];
  return {
    steps: [
      ...(isSystem && settings.account === undefined && !facts.hasAccount ? accountSteps(facts.freeAccountId) : []),
      { kind: 'folder', path: dataFolder, mode: 0o700 },
      { kind: 'folder', path: logs, mode: 0o750 },
      ...owner,
      { kind: 'file', path, text: launchdPlist(settings, facts), mode: 0o644 },
      ...(startNow
        ? [
            tolerated('launchctl', 'bootout', `${launchdDomain(scope, facts)}/${launchdLabel(name)}`),
            command('launchctl', 'bootstrap', launchdDomain(scope, facts), path),
          ]
        : []),
    ],
    notes: [`Its log: ${logs}/host.log. Its interface: ${isSystem ? 'sudo ' : ''}millrace open --data '${dataFolder}'`],
  };
}

/** An account that nobody can log in with, as Apple's own services have. */
function accountSteps(id: number): ServiceStep[] {
  // As the directory of accounts names it, which is no folder.
  const user = ['', 'Users', serviceAccount].join('/');
  const group = `/Groups/${serviceAccount}`;
  const set = (path: string, key: string, value: string): ServiceStep =>
    command('dscl', '.', '-create', path, key, value);
  return [
    command('dscl', '.', '-create', group),
    set(group, 'PrimaryGroupID', String(id)),
    command('dscl', '.', '-create', user),
    set(user, 'UniqueID', String(id)),
    set(user, 'PrimaryGroupID', String(id)),
    set(user, 'RealName', 'Millrace model server'),
    set(user, 'NFSHomeDirectory', '/var/empty'),
    set(user, 'UserShell', '/usr/bin/false'),
    set(user, 'IsHidden', '1'),
  ];
}

function uninstallLaunchd(
  { scope, name }: Pick<ServiceSettings, 'scope' | 'name'>,
  facts: MachineFacts,
): ServiceStep[] {
  return [
    tolerated('launchctl', 'bootout', `${launchdDomain(scope, facts)}/${launchdLabel(name)}`),
    { kind: 'remove', path: plistPath(scope, name, facts) },
  ];
}

function installTask(settings: ServiceSettings, facts: MachineFacts): ServicePlan {
  const { scope, name, dataFolder, startNow } = settings;
  const file = `${dataFolder}\\service-${name}.xml`;
  return {
    steps: [
      { kind: 'folder', path: dataFolder, mode: 0o700 },
      // Administrators and the service, nobody else, and not what ProgramData lets everybody do.
      ...(scope === 'system'
        ? [
            command(
              'icacls.exe',
              dataFolder,
              '/inheritance:r',
              '/grant:r',
              '*S-1-5-32-544:(OI)(CI)F',
              '*S-1-5-18:(OI)(CI)F',
              `*${localServiceSid}:(OI)(CI)M`,
            ),
          ]
        : []),
      { kind: 'file', path: file, text: windowsTask(settings, facts), mode: 0o600, encoding: 'utf16le' },
      command('schtasks.exe', '/Create', '/TN', taskName(name), '/XML', file, '/F'),
      { kind: 'remove', path: file },
      ...(startNow
        ? [
            tolerated('schtasks.exe', '/End', '/TN', taskName(name)),
            command('schtasks.exe', '/Run', '/TN', taskName(name)),
          ]
        : []),
    ],
    notes: [
      `It is the task ${taskName(name)} of the Task Scheduler, not an entry of the Services window. Its log: ${windowsLogFile(dataFolder)}`,
      `Its interface: millrace open --data "${dataFolder}"${scope === 'system' ? ', as an administrator' : ''}`,
    ],
  };
}

/** Jobs of a person belong to their screen session: the other domain of a user has no way to show a window or ask. */
function launchdDomain(scope: ServiceScope, { userId }: MachineFacts): string {
  return scope === 'system' ? 'system' : `gui/${userId}`;
}

function forSystem<T>(facts: MachineFacts, systems: Readonly<Record<'linux' | 'darwin' | 'win32', () => T>>): T {
  const found = systems[facts.platform as 'linux' | 'darwin' | 'win32'] as (() => T) | undefined;
  if (found !== undefined) return found();
  throw new MillraceError('unsupported', `Millrace knows no services of ${facts.platform}.`, {
    hint: 'Have `millrace serve` started by what starts services there.',
  });
}

function checkName(name: string): void {
  if (serviceNamePattern.test(name)) return;
  throw new MillraceError('invalid-config', `'${name}' cannot be the name of a service.`, {
    hint: 'Use up to 31 small letters, digits and hyphens, beginning with a letter.',
  });
}

function checkRights(verb: string, scope: ServiceScope, { isAdministrator, platform }: MachineFacts): void {
  if (scope === 'user' || isAdministrator) return;
  throw new MillraceError('forbidden', `A service of the machine can only be ${verb} with an administrator's rights.`, {
    hint:
      platform === 'win32'
        ? 'Run this in a terminal that was opened "as administrator", or add --user for a service of yours alone.'
        : 'Run it with sudo, or add --user for a service of yours alone.',
  });
}

/** Places that belong to one person and that another account cannot read: the service would not even start. */
const privatePlaces: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  // The last is where an AppImage lies while it runs.
  linux: /^\/(?:home\/|root\/|run\/user\/|tmp\/\.mount_)/,
  darwin: /^\/(?:Users\/(?!Shared\/)|private\/var\/root\/)/,
  win32: /^[a-z]:\\users\\(?!public\\)/i,
};

function checkPlace(
  { scope, program, serveWords, dataFolder }: ServiceSettings,
  { platform, homeFolder }: MachineFacts,
): void {
  const broken = [program.folder, dataFolder, ...serveWords].find((word) => /\p{Cc}/u.test(word));
  if (broken !== undefined) {
    throw new MillraceError('invalid-config', `${JSON.stringify(broken)} holds a sign that no service can be given.`, {
      hint: 'Rename the folder.',
    });
  }
  if (scope === 'user') return;
  const isPrivate = (path: string): boolean =>
    (privatePlaces[platform]?.test(path) ?? false) ||
    path.startsWith(`${homeFolder}/`) ||
    path.startsWith(`${homeFolder}\\`);
  const unreachable = [program.folder, ...serveWords].find(isPrivate);
  if (unreachable === undefined) return;
  const better = platform === 'win32' ? 'C:\\Program Files\\Millrace' : '/opt/millrace';
  throw new MillraceError(
    'invalid-config',
    `The service runs as an account of its own, which cannot read ${unreachable}: it belongs to one person.`,
    { hint: `Move it to a place that all may read, such as ${better}, or add --user for a service of yours alone.` },
  );
}

const accountPattern = /^[a-z_][a-z0-9_.-]{0,31}$/i;

function checkAccount({ scope, name, account, dataFolder }: ServiceSettings, { platform }: MachineFacts): void {
  if (account !== undefined && (scope === 'user' || platform === 'win32')) {
    throw new MillraceError(
      'invalid-config',
      'An account can only be named for a service of the machine on Linux or macOS.',
      {
        hint: 'Leave --account out.',
      },
    );
  }
  if (account !== undefined && !accountPattern.test(account)) {
    throw new MillraceError('invalid-config', `'${account}' cannot be the name of an account.`);
  }
  // systemd makes and owns the data folder of an account that exists only while the service runs.
  if (platform === 'linux' && scope === 'system' && account === undefined && dataFolder !== `/var/lib/${name}`) {
    throw new MillraceError('invalid-config', `The service keeps its data in /var/lib/${name}, not in ${dataFolder}.`, {
      hint: 'For another folder name an account that owns it with --account, or mount your disk at that place.',
    });
  }
}

function userWord(scope: ServiceScope): string[] {
  return scope === 'user' ? ['--user'] : [];
}

function unitPath(scope: ServiceScope, name: string, { homeFolder }: MachineFacts): string {
  return scope === 'system'
    ? `/etc/systemd/system/${name}.service`
    : `${homeFolder}/.config/systemd/user/${name}.service`;
}

function plistPath(scope: ServiceScope, name: string, { homeFolder }: MachineFacts): string {
  const file = `${launchdLabel(name)}.plist`;
  return scope === 'system' ? `/Library/LaunchDaemons/${file}` : `${homeFolder}/Library/LaunchAgents/${file}`;
}
