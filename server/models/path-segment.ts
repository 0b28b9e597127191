/** Which names of files and folders from outside are safe to create on three operating systems. Nothing is repaired to fit. */

const maxCharacters = 200;
const windowsDevice = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
/** Separators, wildcards, streams and redirections of one system or another. */
const reserved = /[\\/:*?"<>|]/;
/** Marks that turn the direction of a text around, and so hide what a name ends in. */
const directionMarks = /[\u202A-\u202E\u2066-\u2069]/;

/** True for one part of a path: no separator, no control character, no device name, no dots alone, no dot or space at the end. */
export function isPlainSegment(segment: string): boolean {
  return (
    segment.length >= 1 &&
    segment.length <= maxCharacters &&
    !reserved.test(segment) &&
    !directionMarks.test(segment) &&
    !/[. ]$/.test(segment) &&
    !windowsDevice.test(segment) &&
    ![...segment].some((character) => character < ' ' || character === '\u007F')
  );
}
