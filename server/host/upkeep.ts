/** What people use to look after a running host: its settings and its doctor, tied to the parts that they are about. */
import { changeLogLevel } from '../base/log.ts';
import type { Log, LogLevel } from '../base/log.ts';
import type { DeviceBook } from '../cluster/device-book.ts';
import type { Config } from '../config.ts';
import type { HostEvent, NewHostEvent } from '../protocol/admin/host-event.ts';
import type { HostView } from '../protocol/admin/host-view.ts';
import type { LogQuery, LogView } from '../protocol/admin/log-view.ts';
import type { EventQuery } from '../admin/event-routes.ts';
import { SettingsDesk } from '../settings/settings-desk.ts';
import type { StartSettings } from '../settings/start-settings.ts';
import { SecretsFile } from '../sources/secrets-file.ts';
import { deviceReport } from './device-report.ts';
import { DoctorDesk } from './doctor-desk.ts';

export interface UpkeepParts {
  readonly config: Config;
  readonly settings: StartSettings;
  readonly log: Log;
  readonly devices: DeviceBook;
  readonly memoryBudgetBytes: number;
  readonly onEvent: (event: NewHostEvent) => void;
  readonly events: (query: EventQuery) => readonly HostEvent[];
  readonly readLog: (query: LogQuery) => LogView;
  readonly view: () => HostView;
  readonly metrics: () => string;
  readonly token: () => string;
}

export interface Upkeep {
  readonly settings: SettingsDesk;
  readonly doctor: DoctorDesk;
}

export function upkeepOf(parts: UpkeepParts): Upkeep {
  const { config, log, onEvent } = parts;
  const { dataDirectory } = config;
  const settings = new SettingsDesk({
    dataDirectory,
    ...parts.settings,
    running: config,
    applyNow(path, value) {
      if (path === 'log.level') changeLogLevel(log, value as LogLevel);
      if (path === 'drainTimeoutMs') config.drainTimeoutMs = value as number;
    },
    onChange: (paths, sentence) =>
      onEvent({ kind: 'settings', severity: 'info', sentence, facts: { paths: [...paths] } }),
  });
  const { problem } = parts.settings;
  if (problem !== undefined) {
    onEvent({
      kind: 'settings',
      severity: 'attention',
      sentence: `The settings that were changed in the interface are not used: ${problem}`,
      hint: 'Take the last change back in Settings, or remove settings.json in the data folder.',
    });
  }
  const doctor = new DoctorDesk({
    dataDirectory,
    ports: { inference: config.http.port, admin: config.admin.port },
    memoryBudgetBytes: parts.memoryBudgetBytes,
    view: parts.view,
    events: parts.events,
    devices: () => deviceReport(parts.devices),
    settings: () => settings.shown(),
    metrics: parts.metrics,
    log: parts.readLog,
    secrets: async () => [
      parts.token(),
      ...(await new SecretsFile(dataDirectory).values().catch(() => [])),
      ...secretsOfSettings(config),
    ],
  });
  return { settings, doctor };
}

/** Addresses with a password in them. */
function secretsOfSettings({ cache, features }: Config): string[] {
  return [cache.redis, features.redis].flatMap((address) => {
    const { password = '', username = '' } = address === undefined ? {} : new URL(address);
    return [password, username].filter(Boolean).map(decodeURIComponent);
  });
}
