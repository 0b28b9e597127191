/** The property list of a launchd job: a daemon with an account of its own, or an agent of one person. Pure. */
import { serveCommand, serviceAccount, stopLimitSeconds } from './service-settings.ts';
import type { MachineFacts, ServiceSettings } from './service-settings.ts';
import { xmlText } from './xml-text.ts';

export function launchdLabel(name: string): string {
  return `org.millrace.${name}`;
}

export function launchdLogFolder({ scope, name }: ServiceSettings, { homeFolder }: MachineFacts): string {
  return scope === 'system' ? `/Library/Logs/${name}` : `${homeFolder}/Library/Logs/${name}`;
}

type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string | number | boolean>>;

export function launchdPlist(settings: ServiceSettings, facts: MachineFacts): string {
  const logs = launchdLogFolder(settings, facts);
  const entries: Record<string, Value> = {
    Label: launchdLabel(settings.name),
    ProgramArguments: serveCommand(settings),
    RunAtLoad: true,
    // Ended on purpose is ended; anything else is started again, at most every ten seconds.
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    // `Background`, which is what launchd assumes, gets the slow cores.
    ProcessType: 'Interactive',
    ExitTimeOut: stopLimitSeconds,
    Umask: 0o077,
    SoftResourceLimits: { NumberOfFiles: 65_536 },
    WorkingDirectory: settings.dataFolder,
    StandardOutPath: `${logs}/host.log`,
    StandardErrorPath: `${logs}/host.log`,
    ...accountOf(settings),
  };
  const body = Object.entries(entries).map(([key, value]) => `\t<key>${key}</key>\n${element(value, '\t')}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    ...body,
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

function accountOf({ scope, account }: ServiceSettings): Record<string, string> {
  if (scope === 'user') return {};
  return account === undefined ? { UserName: serviceAccount, GroupName: serviceAccount } : { UserName: account };
}

function element(value: Value, indent: string): string {
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'string') return `${indent}<string>${xmlText(value)}</string>`;
  if (Array.isArray(value)) {
    const items = (value as readonly string[]).map((item) => element(item, `${indent}\t`));
    return [`${indent}<array>`, ...items, `${indent}</array>`].join('\n');
  }
  const items = Object.entries(value).map(
    ([key, item]) => `${indent}\t<key>${key}</key>\n${element(item, `${indent}\t`)}`,
  );
  return [`${indent}<dict>`, ...items, `${indent}</dict>`].join('\n');
}
