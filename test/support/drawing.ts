/** Digits as a hand would draw them: strokes in a unit square, for the drawing pad. */
import type { Page } from 'playwright-core';

type Stroke = readonly (readonly [x: number, y: number])[];

function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = 24;
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)] as const;
  });
}

export const drawnDigits: Readonly<Record<string, readonly Stroke[]>> = {
  '0': [arc(0.5, 0.5, 0.2, 0.32, -90, 270)],
  '1': [
    [
      [0.4, 0.3],
      [0.52, 0.18],
      [0.52, 0.82],
    ],
  ],
  '2': [[...arc(0.5, 0.35, 0.19, 0.17, -170, 30), [0.32, 0.8], [0.72, 0.8]]],
  '3': [[...arc(0.47, 0.34, 0.18, 0.16, -150, 90), ...arc(0.47, 0.66, 0.2, 0.17, -90, 150)]],
  '4': [
    [
      [0.55, 0.18],
      [0.3, 0.6],
      [0.74, 0.6],
    ],
    [
      [0.6, 0.42],
      [0.6, 0.84],
    ],
  ],
  '6': [[[0.6, 0.16], [0.42, 0.36], [0.34, 0.58], ...arc(0.5, 0.64, 0.17, 0.18, 180, 540)]],
  '7': [
    [
      [0.3, 0.2],
      [0.7, 0.2],
      [0.45, 0.82],
    ],
  ],
  '9': [[...arc(0.5, 0.36, 0.17, 0.18, 0, 360), [0.66, 0.4], [0.58, 0.84]]],
};

/** Draws with the mouse on the pad of Try it. */
export async function drawOnPad(page: Page, strokes: readonly Stroke[]): Promise<void> {
  const pad = page.getByRole('img', { name: /^Drawing pad/ });
  await pad.waitFor();
  const box = (await pad.boundingBox())!;
  const at = ([x, y]: readonly [number, number]): readonly [number, number] => [
    box.x + x * box.width,
    box.y + y * box.height,
  ];
  for (const stroke of strokes) {
    await page.mouse.move(...at(stroke[0]!));
    await page.mouse.down();
    for (const point of stroke.slice(1)) await page.mouse.move(...at(point));
    await page.mouse.up();
  }
}
