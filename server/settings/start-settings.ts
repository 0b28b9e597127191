/** What a host starts with: flags, environment, settings file and the interface's own file, laid over each other and checked. */
import { asMillraceError } from '../base/errors.ts';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { settingsOfEnvironment } from './environment.ts';
import { flatten, merge, nest } from './layers.ts';
import type { FlatSettings, SettingLayers } from './layers.ts';
import { SettingsFile } from './settings-file.ts';

export interface StartSettings {
  readonly layers: SettingLayers;
  /** Why what the interface's file says is not used. */
  readonly problem: string | undefined;
}

export interface StartWords {
  /** Nested, as in the file. */
  readonly file: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dataDirectory: string;
  /** The folder that is served where nobody says one. */
  readonly models: string;
  /** What is named in errors. */
  readonly where: string;
}

/** Throws `invalid-config` for what a person wrote. What the interface kept never keeps a host from starting. */
export function readStartSettings(words: StartWords): StartSettings & { readonly config: Config } {
  const { file, flags, environment, dataDirectory, models, where } = words;
  const written = { file: flatten(file), environment: settingsOfEnvironment(environment), flag: flatten(flags) };
  const parse = (gui: FlatSettings): Config =>
    parseConfig({ models, ...nest(merge({ gui, ...written })), dataDirectory }, where);
  const withoutGui = (): Config => parse({});
  try {
    const { values: gui } = new SettingsFile(dataDirectory).read();
    if (Object.keys(gui).length === 0) return { config: withoutGui(), layers: { gui, ...written }, problem: undefined };
    return { config: parse(gui), layers: { gui, ...written }, problem: undefined };
  } catch (error) {
    // Where it fails without the interface's file as well, it is for the one who wrote the rest.
    const config = withoutGui();
    return { config, layers: { gui: {}, ...written }, problem: asMillraceError(error).message };
  }
}

/** Of a host that is started by a program with its settings in hand: what is not the default counts as said by a flag. */
export function settingsOfProgram(config: Config): StartSettings {
  const given = flatten(config as unknown as Record<string, unknown>);
  const defaults = flatten(
    parseConfig({ models: '-', dataDirectory: '-' }, 'The defaults') as unknown as Record<string, unknown>,
  );
  const said = Object.entries(given).filter(
    ([path, value]) => JSON.stringify(defaults[path]) !== JSON.stringify(value),
  );
  return { layers: { gui: {}, file: {}, environment: {}, flag: Object.fromEntries(said) }, problem: undefined };
}
