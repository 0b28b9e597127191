/**
 * Settings from several places laid over each other: what each says, what holds, and who said it. Pure.
 *
 *   default < interface (settings.json of the data folder) < settings file < environment < flags
 */
import type { SettingOrigin } from '../protocol/admin/settings-view.ts';
import { settingShapes } from './setting-shapes.ts';

/** Values by path. */
export type FlatSettings = Readonly<Record<string, unknown>>;

export interface SettingLayers {
  readonly gui: FlatSettings;
  readonly file: FlatSettings;
  readonly environment: FlatSettings;
  readonly flag: FlatSettings;
}

/** Strongest first. */
const origins = ['flag', 'environment', 'file', 'gui'] as const;

/** Nested settings by path. What is no setting is kept under its own path, so that the schema refuses it by name. */
export function flatten(nested: Readonly<Record<string, unknown>>): FlatSettings {
  const leaves = new Set(settingShapes().map(({ path }) => path));
  const flat: Record<string, unknown> = {};
  const walk = (value: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [name, member] of Object.entries(value)) {
      const path = `${prefix}${name}`;
      const isFolder = [...leaves].some((leaf) => leaf.startsWith(`${path}.`));
      if (isFolder && typeof member === 'object' && member !== null && !Array.isArray(member)) {
        walk(member as Record<string, unknown>, `${path}.`);
      } else if (member !== undefined) {
        flat[path] = member;
      }
    }
  };
  walk(nested, '');
  return flat;
}

/** As config.ts reads it. */
export function nest(flat: FlatSettings): Record<string, unknown> {
  const nested: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const names = path.split('.');
    let at = nested;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
    at[names.at(-1)!] = value;
  }
  return nested;
}

/** Everything that any layer says. */
export function merge(layers: SettingLayers): FlatSettings {
  return Object.assign({}, ...origins.toReversed().map((origin) => layers[origin])) as FlatSettings;
}

/** Who says it. */
export function originOf(layers: SettingLayers, path: string): SettingOrigin {
  return origins.find((origin) => Object.hasOwn(layers[origin], path)) ?? 'default';
}
