/** The settings: what holds and who said it, changes, taking them back, and the same as a file. */
import { z } from 'zod';
import {
  settingChangesSchema,
  settingsExportSchema,
  settingsImportedSchema,
  settingsImportSchema,
  settingsViewSchema,
} from '../protocol/admin/settings-view.ts';
import type { SettingsExport, SettingsImported, SettingsView } from '../protocol/admin/settings-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface SettingsOrders {
  view(): SettingsView;
  /** Throws `invalid-request` and `conflict`. */
  change(changes: Readonly<Record<string, unknown>>): Promise<SettingsView>;
  /** Throws `conflict`. */
  undo(): Promise<SettingsView>;
  export(): SettingsExport;
  /** Throws `invalid-request`. */
  import(file: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<SettingsImported>;
}

export function settingsRoutes(settings: SettingsOrders): AdminRoute[] {
  const noun = 'settings';
  return [
    jsonRoute({
      method: 'GET',
      path: '/settings',
      noun,
      summary: 'Every setting with its default, what holds, who said it, and whether it waits for a restart',
      answer: settingsViewSchema,
      handle: () => settings.view(),
    }),
    jsonRoute({
      method: 'PATCH',
      path: '/settings',
      noun,
      summary: 'Change settings; all of them or, where one is wrong, none',
      body: settingChangesSchema,
      answer: settingsViewSchema,
      handle: ({ body }) => settings.change(body.changes),
    }),
    jsonRoute({
      method: 'POST',
      path: '/settings/undo',
      noun,
      summary: 'Take the last change of settings back',
      body: z.strictObject({}),
      answer: settingsViewSchema,
      handle: () => settings.undo(),
    }),
    jsonRoute({
      method: 'GET',
      path: '/settings/export',
      noun,
      summary: 'What is not the default, as a settings file without secrets',
      answer: settingsExportSchema,
      handle: () => settings.export(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/settings/import',
      noun,
      summary: 'Take over what a settings file says; a dry run only says what would change',
      body: settingsImportSchema,
      answer: settingsImportedSchema,
      handle: ({ body }) => settings.import(body.file, body.dryRun),
    }),
  ];
}
