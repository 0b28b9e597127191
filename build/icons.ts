/** `npm run icons`: draws the tray images that the repository keeps, after a change of resources/icons/source. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBuild } from './command-words.ts';
import { trayImages, writeImages } from './icons/draw-icons.ts';

const icons = fileURLToPath(new URL('../resources/icons', import.meta.url));

await runBuild(async () => {
  const images = await trayImages(join(icons, 'source'));
  await writeImages(icons, images);
  console.log(`${images.length} images in ${icons}`);
});
