/**
 * What the system hands to the program: `millrace://` links and files to open. Anybody can make a link, so a link only goes to
 * a place of the GUI, and never does, imports or fetches anything. Pure.
 */
import { isAbsolute, resolve } from 'node:path';

export const linkScheme = 'millrace';

/** The GUI's places; a test holds them against those of the renderer. */
export const linkedPlaces: readonly string[] = ['models', 'try', 'connect', 'monitor', 'sources', 'settings'];

const maxLength = 200;
/** A model's name or a tab: letters, digits and what model names have beside them, and no `..`. */
const partPattern = /^(?!\.)[A-Za-z0-9._-]{1,64}$/;

/** The place of a link such as `millrace://models/iris`; undefined for a link that is anything else. */
export function placeOfLink(link: string): string | undefined {
  if (link.length > maxLength || !link.toLowerCase().startsWith(`${linkScheme}://`)) return undefined;
  const [place = '', ...parts] = link
    .slice(linkScheme.length + 3)
    .replace(/\/$/, '')
    .split('/');
  if (place === '' || place.toLowerCase() === 'home') return parts.length === 0 ? '/' : undefined;
  const known = linkedPlaces.find((each) => each === place.toLowerCase());
  if (known === undefined || parts.length > 2 || parts.some((part) => !partPattern.test(part))) return undefined;
  return ['', known, ...parts].join('/');
}

export interface ReadArguments {
  readonly link: string | undefined;
  /** Absolute path of the first file with a model's or an archive's ending. */
  readonly file: string | undefined;
}

/**
 * What a start was asked to do. Whoever can make a link can add words to it on some systems: no switch is read here.
 */
export function readArguments(words: readonly string[], workingDirectory: string): ReadArguments {
  const plain = words.filter((word) => !word.startsWith('-'));
  const file = plain.find((word) => !word.includes('://') && /\.(?:onnx|zip|tar|tar\.gz|tgz)$/i.test(word));
  return {
    link: plain.find((word) => word.toLowerCase().startsWith(`${linkScheme}:`)),
    file: file === undefined || isAbsolute(file) ? file : resolve(workingDirectory, file),
  };
}
