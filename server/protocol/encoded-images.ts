/**
 * Pictures in a request, checked by their heads and not yet decoded: what stands in the place of a tensor until the replica decodes them. The
 * host reads requests for the key of their saved answers and decodes nothing.
 */
import { MillraceError } from '../base/errors.ts';
import { describeWrongImage, readImageHead, uprightSize } from './image-head.ts';
import type { ImageHead } from './image-head.ts';
import { imageShape } from './resolved-image.ts';
import type { ResolvedImage } from './resolved-image.ts';
import type { ModelFacts, Tensor } from './tensors.ts';
import { quoted, shapeText } from './wording.ts';

/**
 * `shape` is the one that the decoded tensor will have. `datatype` is BYTES and `data` the files with their lengths, as BYTES elements
 * are sent: no tensor of numbers can have an equal key.
 */
export interface EncodedImages extends Tensor {
  readonly datatype: 'BYTES';
  readonly data: Uint8Array;
  readonly recipe: ResolvedImage;
  readonly files: readonly EncodedImage[];
}

export interface EncodedImage {
  readonly bytes: Buffer;
  readonly head: ImageHead;
}

/** Pixels of a picture as it was sent, after turning. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export function isEncoded(tensor: Tensor): tensor is EncodedImages {
  return 'files' in tensor;
}

/** Files of one request; each is decoded on its own. */
const maxFiles = 1000;
/** Numbers that they become together: 256 MB of FP32. */
const maxNumbers = 2 ** 26;

/**
 * The pictures as the input's value. `unsupported-media-type` where a file is none of the formats, `invalid-tensor` where its head
 * declares more than the recipe allows, or there are more files than the input takes.
 */
export function encodedImages(recipe: ResolvedImage, files: readonly Buffer[]): EncodedImages {
  const { name, isBatched } = recipe;
  if (files.length === 0 || files.length > (isBatched ? maxFiles : 1)) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has ${files.length} pictures, expected ${isBatched ? `1 to ${maxFiles}` : 'one'}.`,
    );
  }
  const { width, height, channels } = recipe;
  if (files.length * width * height * channels > maxNumbers) {
    throw new MillraceError(
      'payload-too-large',
      `${files.length} pictures of ${width} × ${height} with ${channels} channels are more than ${maxNumbers} numbers.`,
      { hint: 'Send them in parts.' },
    );
  }
  const checked = files.map((bytes, index) => ({
    bytes,
    head: checkedHead(bytes, recipe, files.length === 1 ? '' : ` ${index + 1}`),
  }));
  return {
    name,
    datatype: 'BYTES',
    shape: imageShape(recipe, files.length),
    data: withLengths(files),
    recipe,
    files: checked,
  };
}

/** The recipe by which an input takes pictures; undefined where it takes none. */
export function imageRecipeOf(model: ModelFacts, input: string): ResolvedImage | undefined {
  return model.recipe?.images.find(({ name }) => name === input);
}

/** The one recipe for pictures of a model. Throws `unsupported-media-type` where it has none, or several. */
export function onlyImageRecipe(model: ModelFacts): ResolvedImage {
  const images = model.recipe?.images ?? [];
  const [only, ...others] = images;
  if (only !== undefined && others.length === 0 && model.signature.inputs.length === 1) return only;
  throw new MillraceError(
    'unsupported-media-type',
    only === undefined
      ? `Model ${quoted(model.name)} takes no pictures: millrace.json has no image recipe for any of its inputs.`
      : `Model ${quoted(model.name)} has ${model.signature.inputs.length} inputs, and a picture alone does not say which it is.`,
    {
      hint:
        only === undefined
          ? 'Send JSON, or add a recipe: docs/recipes.md.'
          : 'Send a form (multipart/form-data) with one field for each input.',
    },
  );
}

/** Of a request's pictures row by row; undefined where it has none, or several inputs of them. */
export function imageSizes(inputs: readonly Tensor[]): readonly ImageSize[] | undefined {
  const [only, ...others] = inputs.filter(isEncoded);
  return only === undefined || others.length > 0
    ? undefined
    : only.files.map(({ head }) => sizeAfter(head, only.recipe));
}

function sizeAfter(head: ImageHead, { upright }: ResolvedImage): ImageSize {
  return upright ? uprightSize(head) : { width: head.width, height: head.height };
}

function checkedHead(bytes: Buffer, { name, maxPixels }: ResolvedImage, which: string): ImageHead {
  const head = readImageHead(bytes);
  const picture = `Picture${which} of input ${quoted(name)}`;
  if (head === undefined) {
    const wrong = describeWrongImage(bytes);
    const what = wrong ?? (bytes.length === 0 ? 'empty' : 'none of them, or its head is damaged');
    throw new MillraceError(
      'unsupported-media-type',
      `${picture} is ${what}; JPEG, PNG and WebP are read.`,
      wrong === undefined ? {} : { hint: 'Save it as JPEG, PNG or WebP.' },
    );
  }
  if (head.isAnimated) {
    throw new MillraceError('unsupported-media-type', `${picture} is animated; one picture is expected.`, {
      hint: 'Save one frame of it as JPEG or PNG.',
    });
  }
  const pixels = head.width * head.height;
  if (pixels > maxPixels) {
    throw new MillraceError(
      'invalid-tensor',
      `${picture} declares ${head.width} × ${head.height} pixels, which is ${pixels}; at most ${maxPixels} are decoded.`,
      { hint: 'Send a smaller picture, or raise "maxPixels" in the recipe of the model.' },
    );
  }
  return head;
}

function withLengths(files: readonly Buffer[]): Uint8Array {
  const total = files.reduce((sum, { length }) => sum + 4 + length, 0);
  const whole = Buffer.allocUnsafe(total);
  let at = 0;
  for (const file of files) {
    at = whole.writeUInt32LE(file.length, at);
    at += file.copy(whole, at);
  }
  return whole;
}

/** The elements of a BYTES tensor in binary form, each its length and its bytes, as views. Throws `invalid-tensor`. */
export function splitElements(bytes: Buffer, count: number, name: string): Buffer[] {
  const elements: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY);
    if (end > bytes.length) {
      throw new MillraceError(
        'invalid-tensor',
        `Input ${quoted(name)}: element ${index} of ${count} goes beyond the ${bytes.length} bytes of its data; each is a length of 4 bytes, then the file.`,
      );
    }
    elements.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at < bytes.length) {
    throw new MillraceError(
      'invalid-tensor',
      `Input ${quoted(name)} has ${bytes.length - at} bytes after its ${count} elements of shape ${shapeText([count])}.`,
    );
  }
  return elements;
}

/** The bytes of a picture that came as text in JSON. Throws `invalid-tensor`; what looks like an address is refused as one. */
export function fromBase64(text: string, name: string): Buffer {
  const address = /^\s*([a-z][a-z0-9+.-]{1,20}):/i.exec(text);
  const isData = address?.[1]?.toLowerCase() === 'data';
  if (address !== null && !isData) throw refuseAddress(name);
  const plain = isData ? text.slice(text.indexOf(',') + 1) : text;
  const bytes = Buffer.from(plain, 'base64');
  // Four letters hold three bytes: what is shorter had letters that Base64 does not have.
  if (bytes.length === 0 || bytes.length < Math.floor((plain.replaceAll(/[\s=]/g, '').length * 3) / 4)) {
    throw new MillraceError('invalid-tensor', `Input ${quoted(name)} is a text that is not Base64.`, {
      hint: 'Send the file itself, or its bytes as Base64.',
    });
  }
  return bytes;
}

export function refuseAddress(name: string): MillraceError {
  return new MillraceError(
    'invalid-tensor',
    `Input ${quoted(name)} is an address; this server fetches nothing for its clients.`,
    {
      hint: 'Send the picture itself: its bytes as the body, in a form, or as Base64.',
    },
  );
}
