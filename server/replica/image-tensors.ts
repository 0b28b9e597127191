/** Decodes the pictures of a request, a few at a time, into the tensor that they stand for. */
import { MillraceError } from '../base/errors.ts';
import type { EncodedImage, EncodedImages } from '../protocol/encoded-images.ts';
import type { Tensor } from '../protocol/tensors.ts';
import type { Raster } from './resample.ts';
import { ImageNumbers } from './image-numbers.ts';
import { PixelPermits } from './pixel-permits.ts';

/** Pictures that are decoded at once, each by one thread of libuv's four. */
const atOnce = 2;
/** Pixels of all of them together, 200 MB with alpha; a larger one is decoded alone. */
const pixelsAtOnce = 50_000_000;

const permits = new PixelPermits(atOnce, pixelsAtOnce);

type Decode = (file: EncodedImage, isUpright: boolean, input: string) => Promise<Raster>;
let decode: Promise<Decode> | undefined;

/** Throws `invalid-tensor` for a file that is damaged, `unsupported` where this system has no decoder. */
export async function decodeImages({ name, shape, recipe, files }: EncodedImages): Promise<Tensor> {
  const decodeFile = await (decode ??= loadDecoder());
  const numbers = new ImageNumbers(recipe, files.length);
  await Promise.all(
    files.map(async (file, index) => {
      const { width, height } = file.head;
      await permits.use(width * height, async () => {
        numbers.put(index, await decodeFile(file, recipe.upright, name));
      });
    }),
  );
  return { name, datatype: recipe.datatype, shape, data: numbers.data };
}

async function loadDecoder(): Promise<Decode> {
  try {
    return (await import('./image-decoder.ts')).decodeImage;
  } catch (error) {
    console.error(error);
    throw new MillraceError(
      'unsupported',
      'This system has no decoder for pictures: the library sharp cannot be loaded.',
      {
        hint: 'Install Millrace again with its optional packages, or send the numbers of the picture as JSON.',
      },
    );
  }
}
