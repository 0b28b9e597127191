/**
 * What an archive that somebody hands over may hold, whatever its format: every name, type and size is judged before the first byte
 * is written, and the archive is refused as a whole. One bad entry is no accident.
 */
import { describeZip } from './file-kind.ts';
import { modelRefusal, sizeText } from './model-refusal.ts';
import { isPlainSegment } from './path-segment.ts';

/** A repository of fifty models with ten files each has 500. */
const maxEntries = 10_000;
export const maxTotalBytes = 20_000_000_000;
/** Deflate reaches 1032 at most; weights reach 2, texts and zeros in padding more. Small archives may be odd. */
const maxRatio = 200;
const ratioFreeBytes = 100_000_000;
const maxPathCharacters = 400;

export interface ArchiveHooks {
  /** Asked with the unpacked size before anything is written. */
  readonly checkSpace: (neededBytes: number) => Promise<void>;
  readonly onBytes: (bytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export class ArchiveRules {
  readonly #kind: 'zip' | 'tar';
  readonly #fileName: string;
  /** By name without case and composition, as it was written. */
  readonly #seen = new Map<string, string>();
  #entries = 0;
  #totalBytes = 0;

  constructor(kind: 'zip' | 'tar', fileName: string) {
    this.#kind = kind;
    this.#fileName = fileName;
  }

  /** Of the files so far. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  checkCount(count: number): void {
    if (count <= maxEntries) return;
    throw modelRefusal(
      `${this.#kind}-entries`,
      `${this.#fileName} has ${count} entries; at most ${maxEntries} are unpacked.`,
      'Pack the model alone.',
    );
  }

  /** Of a file or, with `/` at its end, a folder. */
  checkName(name: string): void {
    if (++this.#entries > maxEntries) throw this.refusal(name, 'is one of too many');
    const path = name.endsWith('/') ? name.slice(0, -1) : name;
    const segments = path.split('/');
    if (/^[/\\]|^[A-Za-z]:/.test(name)) throw this.refusal(name, 'is an absolute path');
    if (segments.includes('..') || /(?:^|\\)\.\.(?:\\|$)/.test(name))
      throw this.refusal(name, 'leads out of the archive');
    if (!segments.every(isPlainSegment) || name.length > maxPathCharacters)
      throw this.refusal(name, 'is no plain file name');
  }

  /** False for what is not unpacked: macOS adds a folder of its own to archives. */
  addFile(name: string, sizeBytes: number): boolean {
    if (name.startsWith('__MACOSX/')) return false;
    const key = name.normalize('NFC').toLowerCase();
    const first = this.#seen.get(key);
    if (first !== undefined) {
      throw this.refusal(name, `has the same name as ${JSON.stringify(first)}, apart from upper and lower case`);
    }
    this.#seen.set(key, name);
    this.#totalBytes += sizeBytes;
    if (this.#totalBytes > maxTotalBytes) {
      throw modelRefusal(
        `${this.#kind}-size`,
        `${this.#fileName} unpacks to more than ${sizeText(maxTotalBytes)}.`,
        'Import the models one by one.',
      );
    }
    return true;
  }

  /** Once all entries are known. `compressedBytes` are those of the files. */
  finish(compressedBytes: number): void {
    const total = this.#totalBytes;
    if (total > ratioFreeBytes && total > compressedBytes * maxRatio) {
      throw modelRefusal(
        `${this.#kind}-bomb`,
        `${this.#fileName} unpacks to ${sizeText(total)}, ${Math.round(total / compressedBytes)} times its size: that is no model.`,
        'Pack the model again.',
      );
    }
    for (const key of this.#seen.keys()) {
      for (let at = key.indexOf('/'); at !== -1; at = key.indexOf('/', at + 1)) {
        const folder = this.#seen.get(key.slice(0, at));
        if (folder !== undefined) throw this.refusal(folder, 'is both a file and a folder');
      }
    }
    const names = [...this.#seen.values()];
    const wrong = names.some((name) => /\.onnx$/i.test(name)) ? undefined : describeZip(names.join('\n'));
    if (wrong !== undefined && wrong.reason !== 'zip') {
      throw modelRefusal(wrong.reason, `${this.#fileName} is ${wrong.is}, not an ONNX model.`, wrong.hint);
    }
  }

  refusal(name: string, what: string): Error {
    return modelRefusal(
      `${this.#kind}-entry`,
      `${this.#fileName} is refused: its entry ${JSON.stringify(name.slice(0, 120))} ${what}.`,
      `Pack the model folder again with an ordinary ${this.#kind} program.`,
    );
  }
}
