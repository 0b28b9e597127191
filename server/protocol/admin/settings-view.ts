/** The settings of a host as a person sees and changes them: default, what holds, who set it, and whether it waits for a restart. */
import { z } from 'zod';

/** Weakest first: what comes later overrules what comes before. `gui`: by a person, through the interface or `millrace settings`. */
export const settingOriginSchema = z.enum(['default', 'gui', 'file', 'environment', 'flag']);
export type SettingOrigin = z.infer<typeof settingOriginSchema>;

export const settingViewSchema = z.object({
  /** `limits.maxBodyBytes`. */
  path: z.string(),
  /** One sentence. */
  about: z.string(),
  kind: z.enum(['number', 'text', 'choice', 'flag', 'list', 'secret', 'object']),
  unit: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  choices: z.array(z.string()).optional(),
  /** Undefined where there is none: Millrace then decides by itself. */
  default: z.unknown().optional(),
  /** What the host runs with. Of a secret only whether there is one: `(set)`. */
  current: z.unknown().optional(),
  /** What holds after the next start, where that is something else. */
  next: z.unknown().optional(),
  isWaiting: z.boolean(),
  origin: settingOriginSchema,
  /** It is not changed here: a stronger origin says it, or it is set at the start only. */
  isLocked: z.boolean(),
  appliesAt: z.enum(['now', 'restart']),
});
export type SettingView = z.infer<typeof settingViewSchema>;

export const settingsViewSchema = z.object({
  settings: z.array(settingViewSchema),
  /** Something was changed that waits for a restart. */
  isRestartNeeded: z.boolean(),
  /** Changes that can be taken back, the last first. */
  undo: z.array(z.object({ at: z.string(), paths: z.array(z.string()) })),
  /** Why the file of changed settings was not used at the start. */
  problem: z.string().optional(),
});
export type SettingsView = z.infer<typeof settingsViewSchema>;

/** Values by path; null: the default again. */
export const settingChangesSchema = z.strictObject({
  changes: z
    .record(z.string().max(100), z.unknown())
    .refine((changes) => Object.keys(changes).length <= 100, 'too many'),
});

export const settingsExportSchema = z.object({
  /** Of this form. */
  version: z.literal(1),
  /** Everything that is not the default, as in a settings file; secrets and folders of this computer are left out. */
  settings: z.record(z.string(), z.unknown()),
});
export type SettingsExport = z.infer<typeof settingsExportSchema>;

export const settingsImportSchema = z.strictObject({
  /** What was exported, or a settings file. */
  file: z.record(z.string(), z.unknown()),
  /** Only say what would change. */
  dryRun: z.boolean().default(false),
});

export const settingsImportedSchema = z.object({
  changes: z.array(z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })),
  /** What is in the file and not taken, and why. */
  leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
  settings: settingsViewSchema,
});
export type SettingsImported = z.infer<typeof settingsImportedSchema>;
