/** The doctor for a data folder for which no host runs: it sees the machine, the files and what was kept, and starts nothing. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceBook } from '../cluster/device-book.ts';
import { EventLog } from '../events/event-log.ts';
import { askGraphics } from '../metrics/system-information.ts';
import type { DevicesView } from '../protocol/admin/devices-view.ts';
import type { HostEvent } from '../protocol/admin/host-event.ts';
import { settingsOfEnvironment } from '../settings/environment.ts';
import { SettingsDesk } from '../settings/settings-desk.ts';
import { SecretsFile } from '../sources/secrets-file.ts';
import { deviceReport } from './device-report.ts';
import { DoctorDesk } from './doctor-desk.ts';
import { defaultMemoryBudgetBytes } from './memory-budget.ts';

/** Without limits of a host: a report looks at everything. */
const allMemory = 100;

export async function offlineDoctor(dataDirectory: string): Promise<DoctorDesk> {
  const settings = new SettingsDesk({
    dataDirectory,
    layers: { gui: {}, file: {}, environment: settingsOfEnvironment(process.env), flag: {} },
    running: undefined,
    applyNow: () => {},
    onChange: () => {},
  });
  const valueOf = (path: string): unknown => settings.view().settings.find((each) => each.path === path)?.current;
  return new DoctorDesk({
    dataDirectory,
    ports: { inference: Number(valueOf('http.port') ?? 0), admin: Number(valueOf('admin.port') ?? 0) },
    memoryBudgetBytes: Number(valueOf('memoryBudgetBytes') ?? defaultMemoryBudgetBytes()),
    view: () => undefined,
    events: (query) => readEvents(dataDirectory, (log) => log.list(query)),
    devices: () => devicesOf(dataDirectory),
    settings: () => settings.shown(),
    metrics: () => '',
    log: () => undefined,
    secrets: () => new SecretsFile(dataDirectory).values().catch(() => []),
  });
}

/** What is known of the devices is kept where something is kept; a doctor makes no data folder. */
async function devicesOf(dataDirectory: string): Promise<DevicesView> {
  const isKept = existsSync(join(dataDirectory, 'devices.json'));
  const folder = isKept ? dataDirectory : await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  try {
    return await deviceReport(new DeviceBook({ dataDirectory: folder, graphicsMemoryPercent: allMemory, askGraphics }));
  } finally {
    if (!isKept) await rm(folder, { recursive: true, force: true });
  }
}

/** Opens the log only where there is one: a doctor leaves no files behind. */
function readEvents(dataDirectory: string, read: (log: EventLog) => HostEvent[]): HostEvent[] {
  const path = join(dataDirectory, 'events.db');
  if (!existsSync(path)) return [];
  const log = new EventLog({ path, onTrouble: () => {} });
  try {
    return read(log);
  } finally {
    log.close();
  }
}
