/**
 * What the first bytes of a picture say of it: its format, its declared size, how it is to be turned. Read before any decoder sees the
 * file, so that a bomb is refused by its own declaration. Nothing here allocates by what the file says, and every loop moves forward.
 *
 * Formats: JPEG (ISO/IEC 10918-1, markers), PNG (RFC 2083), WebP (RFC 9649); the camera's mark is the tag 0x0112 of EXIF 2.32.
 */

export type ImageFormat = 'JPEG' | 'PNG' | 'WebP';

/** EXIF's eight ways to hold a camera; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface ImageHead {
  readonly format: ImageFormat;
  /** As stored, before it is turned; pixels, at least 1. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** More than one picture in the file. */
  readonly isAnimated: boolean;
}

/** True where the file begins as one of the three formats does. */
export function isImage(bytes: Buffer): boolean {
  return formatOf(bytes) !== undefined;
}

/** Undefined where it is none of the three formats, or its head is damaged or incomplete. */
export function readImageHead(bytes: Buffer): ImageHead | undefined {
  const format = formatOf(bytes);
  const head =
    format === 'PNG'
      ? readPng(bytes)
      : format === 'JPEG'
        ? readJpeg(bytes)
        : format === 'WebP'
          ? readWebp(bytes)
          : undefined;
  return head === undefined || head.width < 1 || head.height < 1 ? undefined : head;
}

/** Width and height after turning. */
export function uprightSize({ width, height, orientation }: ImageHead): {
  readonly width: number;
  readonly height: number;
} {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

const wrongFormats: readonly (readonly [RegExp, string])[] = [
  [/^GIF8/, 'a GIF'],
  [/^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/, 'a TIFF'],
  [/^BM/, 'a Windows bitmap'],
  [/^%PDF/, 'a PDF'],
  [/^....ftyp(?:avi[fs])/s, 'an AVIF'],
  [/^....ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)/s, 'a HEIC, as iPhones take them'],
  [/^....ftyp/s, 'a film'],
  [/^\x8aMNG|^\x8bJNG/, 'an MNG'],
  [/^(?:....jP {2}|\xff\x4f\xff\x51)/s, 'a JPEG 2000'],
  [/^(?:\xff\n|....JXL )/s, 'a JPEG XL'],
  [/^8BPS/, 'a Photoshop file'],
  [
    /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)?<svg/i,
    'an SVG, which is a drawing and no picture',
  ],
  [/^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html)/i, 'a web page'],
];

/** What a file is that is none of the three formats: a noun with its article; undefined where nobody knows. */
export function describeWrongImage(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 512);
  return wrongFormats.find(([pattern]) => pattern.test(start))?.[1];
}

function formatOf(bytes: Buffer): ImageFormat | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'JPEG';
  if (bytes.readUInt32BE(0) === 0x89504e47 && bytes.readUInt32BE(4) === 0x0d0a1a0a) return 'PNG';
  return bytes.readUInt32BE(0) === 0x52494646 && bytes.readUInt32BE(8) === 0x57454250 ? 'WebP' : undefined;
}

/** Chunks of a PNG before its pixels; more are no picture but an attack. */
const maxChunks = 1000;

function readPng(bytes: Buffer): ImageHead | undefined {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR' || bytes.readUInt32BE(8) !== 13)
    return undefined;
  let orientation: Orientation = 1;
  let isAnimated = false;
  let at = 33;
  for (let chunk = 0; chunk < maxChunks && at + 8 <= bytes.length; chunk += 1) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT' || type === 'IEND') break;
    if (type === 'acTL') isAnimated = true;
    if (type === 'eXIf') orientation = orientationIn(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return { format: 'PNG', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation, isAnimated };
}

function readJpeg(bytes: Buffer): ImageHead | undefined {
  let orientation: Orientation = 1;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // Without a length: restarts and TEM. The pixels (SOS) or the end (EOI) before a size: no picture.
    if ((marker >= 0xd0 && marker <= 0xd8) || marker === 0x01) {
      at += 2;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return undefined;
    const isSize = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isSize) {
      if (at + 9 > bytes.length) return undefined;
      const size = { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
      return { format: 'JPEG', ...size, orientation, isAnimated: false };
    }
    if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 10) === 'Exif\0\0') {
      orientation = orientationIn(bytes.subarray(at + 10, at + 2 + length));
    }
    at += 2 + length;
  }
  return undefined;
}

function readWebp(bytes: Buffer): ImageHead | undefined {
  if (bytes.length < 30) return undefined;
  const plain = { format: 'WebP', orientation: 1, isAnimated: false } as const;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ': {
      if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return { ...plain, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    }
    case 'VP8L': {
      if (bytes[20] !== 0x2f) return undefined;
      const bits = bytes.readUInt32LE(21);
      return { ...plain, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X': {
      const flags = bytes[20]!;
      const size = { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
      const orientation = (flags & 0x08) === 0 ? 1 : webpOrientation(bytes);
      return { ...plain, ...size, orientation, isAnimated: (flags & 0x02) !== 0 };
    }
    default:
      return undefined;
  }
}

function webpOrientation(bytes: Buffer): Orientation {
  let at = 12;
  for (let chunk = 0; chunk < maxChunks && at + 8 <= bytes.length; chunk += 1) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'EXIF') {
      const exif = bytes.subarray(at + 8, at + 8 + length);
      return orientationIn(exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif);
    }
    at += 8 + length + (length % 2);
  }
  return 1;
}

/** Entries of a directory that are looked at; cameras write about twenty. */
const maxEntries = 200;

/** The tag of the orientation in the first directory of a TIFF structure; upright where anything about it is odd. */
function orientationIn(tiff: Buffer): Orientation {
  if (tiff.length < 14) return 1;
  const isLittle = tiff[0] === 0x49;
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  if (short(2) !== 42) return 1;
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (start + 2 > tiff.length) return 1;
  const entries = Math.min(short(start), maxEntries);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = start + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    if (short(at) !== 0x0112 || short(at + 2) !== 3) continue;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}
