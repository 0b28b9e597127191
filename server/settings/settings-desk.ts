/**
 * The settings of a host, or of a data folder for which none runs: looked at, changed, taken back, exported and imported. Every change
 * is checked by the schema as a whole before anything is written, so that the next start never fails for it.
 */
import { MillraceError, asMillraceError } from '../base/errors.ts';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import type { SettingsExport, SettingsImported, SettingsView, SettingView } from '../protocol/admin/settings-view.ts';
import { flatten, merge, nest, originOf } from './layers.ts';
import type { FlatSettings, SettingLayers } from './layers.ts';
import { settingShapes } from './setting-shapes.ts';
import { settingTable } from './setting-table.ts';
import { SettingsFile } from './settings-file.ts';

export interface SettingsDeskParts {
  readonly dataDirectory: string;
  /** What the start said, the interface's layer as it was then. */
  readonly layers: SettingLayers;
  /** What the host runs with; undefined where none does. */
  readonly running: Config | undefined;
  /** Why the interface's layer was not used at the start. */
  readonly problem?: string | undefined;
  /** Lets a setting hold that needs no restart. */
  applyNow(path: string, value: unknown): void;
  /** Hears of each change, for the log of events. */
  onChange(paths: readonly string[], sentence: string): void;
}

const secretMark = '(set)';

export class SettingsDesk {
  readonly #parts: SettingsDeskParts;
  readonly #file: SettingsFile;
  /** What runs, by path; what was applied since included. */
  readonly #running: Record<string, unknown> | undefined;

  constructor(parts: SettingsDeskParts) {
    this.#parts = parts;
    this.#file = new SettingsFile(parts.dataDirectory);
    this.#running = parts.running && { ...flatten(parts.running as unknown as Record<string, unknown>) };
  }

  view(): SettingsView {
    const { values, undo } = this.#kept();
    const layers = this.#layers(values);
    const said = merge(layers);
    const settings = settingShapes().map((shape): SettingView => {
      const { path } = shape;
      const { about = '', unit, isSecret, isFixed, isImmediate } = settingTable[path] ?? {};
      const origin = originOf(layers, path);
      const next = Object.hasOwn(said, path) ? said[path] : shape.default;
      const current = this.#running === undefined ? next : this.#running[path];
      // What is only said at the start runs as it was said; a list of objects runs with its defaults filled in.
      const isWaiting = isFixed !== true && shape.kind !== 'object' && !sameValue(current, next);
      const shown = (value: unknown): unknown => (isSecret === true && value !== undefined ? secretMark : value);
      return {
        ...shape,
        ...(shape.choices !== undefined && { choices: [...shape.choices] }),
        kind: isSecret === true ? 'secret' : shape.kind,
        about,
        ...(unit !== undefined && { unit }),
        ...(current !== undefined && { current: shown(current) }),
        ...(isWaiting && { next: shown(next) }),
        isWaiting,
        origin,
        isLocked: isFixed === true || shape.kind === 'object' || (origin !== 'default' && origin !== 'gui'),
        appliesAt: isImmediate === true ? 'now' : 'restart',
      } as SettingView;
    });
    const { problem } = this.#parts;
    return {
      settings,
      isRestartNeeded: this.#running !== undefined && settings.some(({ isWaiting }) => isWaiting),
      undo: undo.map(({ at, paths }) => ({ at, paths: [...paths] })),
      ...(problem !== undefined && { problem }),
    };
  }

  /** Values by path; null: the default again. Throws `invalid-request`, naming each wrong one, and `conflict` for a locked one. */
  async change(changes: Readonly<Record<string, unknown>>): Promise<SettingsView> {
    const { values } = this.#kept();
    this.#requireOpen(Object.keys(changes));
    const next = { ...values };
    for (const [path, value] of Object.entries(changes)) {
      if (value === null) delete next[path];
      else next[path] = value;
    }
    this.#check(next);
    const changed = Object.keys(changes).filter((path) => !sameValue(values[path], next[path]));
    if (changed.length > 0) await this.#file.change(next, changed, new Date());
    this.#settle(changed, next, `Settings were changed: ${changed.join(', ')}.`);
    return this.view();
  }

  /** Takes the last change back. Throws `conflict` where there is none. */
  async undo(): Promise<SettingsView> {
    const last = await this.#file.takeBack();
    if (last === undefined) throw new MillraceError('conflict', 'There is no change to take back.');
    this.#settle(last.paths, last.values, `A change of settings was taken back: ${last.paths.join(', ')}.`);
    return this.view();
  }

  /** What is not the default, without secrets and without folders of this computer. */
  export(): SettingsExport {
    const said = merge(this.#layers(this.#kept().values));
    const kept = Object.entries(said).filter(([path]) => isPortable(path));
    return { version: 1, settings: nest(Object.fromEntries(kept)) };
  }

  /** Takes over what a file says, as one change. Throws `invalid-request` where the schema refuses it; then nothing is changed. */
  async import(file: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<SettingsImported> {
    const isExport = file['version'] === 1 && typeof file['settings'] === 'object' && file['settings'] !== null;
    const wanted = flatten((isExport ? file['settings'] : file) as Record<string, unknown>);
    const { values } = this.#kept();
    const layers = this.#layers(values);
    const known = new Set(settingShapes().map(({ path }) => path));
    const leftOut: SettingsImported['leftOut'] = [];
    const taken: Record<string, unknown> = {};
    for (const [path, value] of Object.entries(wanted)) {
      const origin = originOf(layers, path);
      if (!known.has(path)) leftOut.push({ path, why: 'There is no such setting.' });
      else if (!isPortable(path)) leftOut.push({ path, why: 'It belongs to one computer, or is a secret.' });
      else if (origin !== 'default' && origin !== 'gui') leftOut.push({ path, why: whyLocked(origin) });
      else taken[path] = value;
    }
    const next = { ...values, ...taken };
    this.#check(next);
    const paths = Object.keys(taken).filter((path) => !sameValue(values[path], taken[path]));
    const said = merge(layers);
    const changes = paths.map((path) => ({
      path,
      from: said[path] ?? settingShapes().find((shape) => shape.path === path)?.default,
      to: taken[path],
    }));
    if (!dryRun && paths.length > 0) {
      await this.#file.change(next, paths, new Date());
      this.#settle(paths, next, `Settings were imported: ${paths.join(', ')}.`);
    }
    return { changes, leftOut, settings: this.view() };
  }

  /** For a bundle: what holds, secrets as a mark. */
  shown(): Record<string, unknown> {
    return Object.fromEntries(
      this.view().settings.map(({ path, current, origin }) => [path, { value: current, origin }]),
    );
  }

  #kept() {
    try {
      return this.#file.read();
    } catch {
      // A damaged file is told of at the start; a change writes a new one.
      return { values: {}, undo: [] };
    }
  }

  #layers(gui: FlatSettings): SettingLayers {
    return { ...this.#parts.layers, gui };
  }

  #requireOpen(paths: readonly string[]): void {
    const shapes = new Map(settingShapes().map((shape) => [shape.path, shape]));
    for (const path of paths) {
      const shape = shapes.get(path);
      if (shape === undefined) {
        throw new MillraceError('invalid-request', `There is no setting '${path.slice(0, 100)}'.`, {
          hint: 'docs/configuration.md lists all of them.',
        });
      }
      const origin = originOf(this.#parts.layers, path);
      const why =
        settingTable[path]?.isFixed === true || shape.kind === 'object'
          ? 'it is set by a file or a flag at the start'
          : origin === 'default' || origin === 'gui'
            ? undefined
            : whyLocked(origin);
      if (why !== undefined) {
        throw new MillraceError('conflict', `${path} is not changed here: ${why}.`, { hint: 'Change it there.' });
      }
    }
  }

  /** The whole, as the next start will read it. */
  #check(gui: FlatSettings): void {
    const said = nest(merge(this.#layers(gui)));
    try {
      // Without a host nobody has said the models folder yet.
      parseConfig({ models: '-', dataDirectory: this.#parts.dataDirectory, ...said }, 'This change');
    } catch (error) {
      // The settings of the host are fine; what was asked for is not.
      const { message, hint } = asMillraceError(error);
      throw new MillraceError('invalid-request', message, hint === undefined ? {} : { hint });
    }
  }

  #settle(paths: readonly string[], gui: FlatSettings, sentence: string): void {
    if (paths.length === 0) return;
    const said = merge(this.#layers(gui));
    for (const path of paths) {
      if (settingTable[path]?.isImmediate !== true || this.#running === undefined) continue;
      const value = Object.hasOwn(said, path)
        ? said[path]
        : settingShapes().find((shape) => shape.path === path)?.default;
      this.#running[path] = value;
      this.#parts.applyNow(path, value);
    }
    this.#parts.onChange(paths, sentence);
  }
}

function isPortable(path: string): boolean {
  const { isSecret, isFixed } = settingTable[path] ?? {};
  return isSecret !== true && isFixed !== true && path !== 'sources';
}

function whyLocked(origin: string): string {
  const places = {
    file: 'the settings file says it',
    environment: 'a variable of the environment says it',
    flag: 'the command line says it',
  };
  return places[origin as keyof typeof places];
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
