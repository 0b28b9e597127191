/**
 * The unit of a systemd service. It runs as an account that exists only while it runs, sees the file system read-only but for
 * its data folder, and cannot gain rights. Pure.
 */
import { serveCommand, stopLimitSeconds } from './service-settings.ts';
import type { MachineFacts, ServiceSettings } from './service-settings.ts';

/**
 * What every service gets. Missing on purpose: `MemoryDenyWriteExecute` (V8 compiles code), `ProcSubset=pid` (the autoscaler reads
 * the machine's load), `PrivateNetwork`.
 */
const sandbox = `NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0077`;

export function systemdUnit(settings: ServiceSettings, facts: MachineFacts): string {
  const isSystem = settings.scope === 'system';
  const lines = [
    `# Written by \`millrace service install\`; \`millrace service uninstall\` removes it.`,
    '# Changes of your own belong in a drop-in: systemctl edit ' + settings.name,
    '[Unit]',
    'Description=Millrace model server',
    'Documentation=man:systemd.service(5)',
    // A service of a user cannot wait for units of the system.
    ...(isSystem ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    'StartLimitIntervalSec=300',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${serveCommand(settings).map(quoted).join(' ')}`,
    '# Only the host is asked to stop; it answers what it accepted and ends its processes itself.',
    'KillMode=mixed',
    'KillSignal=SIGTERM',
    `TimeoutStopSec=${stopLimitSeconds}`,
    'Restart=on-failure',
    'RestartSec=2',
    '# Wrong settings do not become right by trying again.',
    'RestartPreventExitStatus=2',
    '# A model that the system kills for its memory costs its process; the host replaces it.',
    'OOMPolicy=continue',
    'LimitNOFILE=65536',
    ...(isSystem ? systemAccount(settings, facts) : userAccount()),
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
    '',
  ];
  return lines.join('\n');
}

function systemAccount(
  { name, dataFolder, account, gpu }: ServiceSettings,
  { graphicsGroups }: MachineFacts,
): string[] {
  return [
    ...(account === undefined
      ? ['DynamicUser=yes', `StateDirectory=${name}`, 'StateDirectoryMode=0700']
      : [`User=${account}`, `ReadWritePaths=${quoted(dataFolder)}`]),
    `WorkingDirectory=${dataFolder.replaceAll('%', '%%')}`,
    'ProtectHome=yes',
    ...(gpu
      ? [
          '# Graphics processors: their devices and the groups that may open them.',
          'DevicePolicy=closed',
          'DeviceAllow=char-drm rw',
          'DeviceAllow=char-nvidia rw',
          'DeviceAllow=char-nvidia-uvm rw',
          'DeviceAllow=char-kfd rw',
          ...(graphicsGroups.length > 0 ? [`SupplementaryGroups=${graphicsGroups.join(' ')}`] : []),
        ]
      : ['PrivateDevices=yes']),
    sandbox,
  ];
}

/** Without root systemd can set up few of the walls; what it can is no use against the account that the service is. */
function userAccount(): string[] {
  return ['NoNewPrivileges=yes', 'LockPersonality=yes', 'RestrictRealtime=yes', 'RestrictSUIDSGID=yes', 'UMask=0077'];
}

/**
 * One word of a command line or assignment: in double quotes, with C's escapes, and with systemd's own signs doubled (`%h` would be
 * the home folder, `$X` a variable).
 */
function quoted(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w./:=@+,-]+$/.test(word) ? word : `"${escaped}"`;
}
