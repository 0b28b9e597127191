/** The switches of the window, kept in `shell.json`: the one owner of that file. A damaged file is one with all off. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SwitchName, Switches } from '../server/protocol/desktop-bridge.ts';
import { switchNames } from './channels.ts';

export class SwitchFile {
  readonly #path: string;
  /** What holds now; replaced whole. */
  switches: Switches;

  constructor(path: string) {
    this.#path = path;
    const saved = readSaved(path);
    this.switches = Object.fromEntries(switchNames.map((name) => [name, saved[name] === true])) as Switches;
  }

  set(name: SwitchName, isOn: boolean): void {
    this.switches = { ...this.switches, [name]: isOn };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.switches));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function readSaved(path: string): Partial<Switches> {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Partial<Switches> | null) ?? {};
  } catch {
    return {};
  }
}
