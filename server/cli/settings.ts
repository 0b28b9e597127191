/** `millrace settings`: by the running host, else in the file that the next start reads. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import type { SettingsExport, SettingsImported, SettingsView, SettingView } from '../protocol/admin/settings-view.ts';
import { parseSetting, settingsOfEnvironment } from '../settings/environment.ts';
import { settingShapes } from '../settings/setting-shapes.ts';
import { SettingsDesk } from '../settings/settings-desk.ts';
import { HostClient } from './host-client.ts';
import { table } from './output.ts';

export interface SettingsFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly changed?: boolean;
  readonly dryRun?: boolean;
}

/** What the admin API gives, and the desk of a data folder without a host. */
interface Settings {
  readonly isHostRunning: boolean;
  view(): Promise<SettingsView> | SettingsView;
  change(changes: Readonly<Record<string, unknown>>): Promise<SettingsView>;
  undo(): Promise<SettingsView>;
  export(): Promise<SettingsExport> | SettingsExport;
  import(file: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<SettingsImported>;
}

export async function listSettingsCommand(flags: SettingsFlags): Promise<void> {
  const view = await (await settingsOf(flags)).view();
  const settings = view.settings.filter(
    ({ origin, isWaiting }) => flags.changed !== true || origin !== 'default' || isWaiting,
  );
  if (flags.json === true) {
    console.log(JSON.stringify({ ...view, settings }, undefined, 2));
    return;
  }
  const rows = settings.map((each) => [
    each.path,
    valueText(each, each.current),
    valueText(each, each.default),
    each.origin,
    each.isWaiting ? `${valueText(each, each.next)} after a restart` : '',
  ]);
  console.log(
    rows.length === 0
      ? 'Every setting is its default.'
      : table(['SETTING', 'VALUE', 'DEFAULT', 'SET BY', 'WAITS'], rows),
  );
}

export async function setSettingCommand(path: string, value: string, flags: SettingsFlags): Promise<void> {
  const shape = settingShapes().find((each) => each.path === path);
  await change({ [path]: shape === undefined ? value : parseSetting(shape, value) }, flags);
}

export async function unsetSettingCommand(path: string, flags: SettingsFlags): Promise<void> {
  await change({ [path]: null }, flags);
}

export async function undoSettingsCommand(flags: SettingsFlags): Promise<void> {
  const settings = await settingsOf(flags);
  print(await settings.undo(), 'The last change was taken back', settings, flags);
}

export async function exportSettingsCommand(file: string | undefined, flags: SettingsFlags): Promise<void> {
  const exported = await (await settingsOf(flags)).export();
  const text = `${JSON.stringify(exported, undefined, 2)}\n`;
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(resolve(file), text).catch((cause: Error) => {
    throw new MillraceError('storage-failed', `${file} cannot be written: ${cause.message}`, { cause });
  });
  console.log(flags.json === true ? JSON.stringify({ file }) : `${file} has the settings that are not the default.`);
}

export async function importSettingsCommand(file: string, flags: SettingsFlags): Promise<void> {
  const raw = await readSettingsFile(file);
  const settings = await settingsOf(flags);
  const isDry = flags.dryRun === true;
  const imported = await settings.import(raw, isDry);
  if (flags.json === true) {
    console.log(JSON.stringify(imported, undefined, 2));
    return;
  }
  const { changes, leftOut } = imported;
  const rows = changes.map(({ path, from, to }) => [path, plainText(from), plainText(to)]);
  if (rows.length > 0) console.log(table(['SETTING', 'WAS', isDry ? 'WOULD BE' : 'IS'], rows));
  else console.log('Nothing changes.');
  for (const { path, why } of leftOut) console.log(`${path} is left out: ${why}`);
  if (!isDry && rows.length > 0) console.log(waitingText(imported.settings, settings));
}

async function change(changes: Readonly<Record<string, unknown>>, flags: SettingsFlags): Promise<void> {
  const settings = await settingsOf(flags);
  print(await settings.change(changes), `${Object.keys(changes).join(', ')} is changed`, settings, flags);
}

function print(view: SettingsView, done: string, settings: Settings, flags: SettingsFlags): void {
  if (flags.json === true) console.log(JSON.stringify(view, undefined, 2));
  else console.log(`${done}. ${waitingText(view, settings)}`);
}

function waitingText(view: SettingsView, { isHostRunning }: Settings): string {
  if (!isHostRunning) return 'The next start uses it.';
  const waiting = view.settings.filter(({ isWaiting }) => isWaiting).map(({ path }) => path);
  return waiting.length === 0 ? 'It holds now.' : `Restart Millrace for ${waiting.join(', ')}.`;
}

async function settingsOf({ data }: SettingsFlags): Promise<Settings> {
  const client = await HostClient.running(data);
  if (client === undefined) {
    const desk = new SettingsDesk({
      dataDirectory: data,
      layers: { gui: {}, file: {}, environment: settingsOfEnvironment(process.env), flag: {} },
      running: undefined,
      applyNow: () => {},
      onChange: () => {},
    });
    return {
      isHostRunning: false,
      view: () => desk.view(),
      change: (changes) => desk.change(changes),
      undo: () => desk.undo(),
      export: () => desk.export(),
      import: (file, dryRun) => desk.import(file, dryRun),
    };
  }
  return {
    isHostRunning: true,
    view: () => client.get<SettingsView>('/settings'),
    change: (changes) => client.patch<SettingsView>('/settings', { changes }),
    undo: () => client.post<SettingsView>('/settings/undo', {}),
    export: () => client.get<SettingsExport>('/settings/export'),
    import: (file, dryRun) => client.post<SettingsImported>('/settings/import', { file, dryRun }),
  };
}

async function readSettingsFile(path: string): Promise<Record<string, unknown>> {
  try {
    const raw = JSON.parse(await readFile(resolve(path), 'utf8')) as unknown;
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Record<string, unknown>;
    throw new TypeError('It holds no JSON object.');
  } catch (cause) {
    throw new MillraceError('invalid-config', `${path} is no settings file: ${(cause as Error).message}`, { cause });
  }
}

function valueText({ unit }: SettingView, value: unknown): string {
  if (value === undefined) return 'automatic';
  return typeof value === 'number' && unit !== undefined ? `${value} ${unit}` : plainText(value);
}

function plainText(value: unknown): string {
  if (value === undefined) return 'automatic';
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(', ') || 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
