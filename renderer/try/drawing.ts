/**
 * From strokes to the small picture that a model sees: the drawing is cut out, centered and scaled as scanned digits are,
 * then each pixel is the share of its area that is ink. Pure; the pad draws on its own canvas.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line without lifting the pen, in the pad's unit square. */
export type Stroke = readonly Point[];

/** Samples per side of a pixel: 8 × 8 give 64 shades, more than any model of small pictures tells apart. */
const samples = 8;

/** Half the thickness of a line in a picture of height 1: what gives drawings as much ink as scanned digits have. */
const penRadius = 0.085;
/** The same where the drawing is a mere line: scans of a 1 are spread to the width of other digits, and so thicker. */
const narrowPenRadius = 0.115;
/** Width by height below which a drawing is such a line. */
const narrow = 0.35;

/**
 * Row by row, `height` × `width` shares of ink from 0 to 1. All 0 without strokes. `fits`: the drawing fills the picture's
 * height, wherever and however large it was drawn.
 */
export function rasterize(strokes: readonly Stroke[], height: number, width: number, fits: boolean): number[] {
  const points = strokes.flat();
  if (points.length === 0) return Array.from({ length: height * width }, () => 0);
  const radius = fits ? penRadiusFor(points) : penRadius;
  const place = fits ? fitted(points, width / height, radius) : { scale: 1, dx: 0, dy: 0 };
  const moved = strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({ x: x * place.scale + place.dx, y: y * place.scale + place.dy })),
  );
  const segments = moved.flatMap((stroke) =>
    stroke.length === 1
      ? [[stroke[0]!, stroke[0]!] as const]
      : stroke.slice(1).map((end, at) => [stroke[at]!, end] as const),
  );
  const across = width / height;
  return Array.from({ length: height * width }, (_, index) => {
    const row = Math.floor(index / width);
    const column = index % width;
    let inked = 0;
    for (let sample = 0; sample < samples * samples; sample += 1) {
      const x = ((column + ((sample % samples) + 0.5) / samples) / width) * across;
      const y = (row + (Math.floor(sample / samples) + 0.5) / samples) / height;
      if (segments.some(([from, to]) => isNear(x, y, from, to, radius))) inked += 1;
    }
    return inked / (samples * samples);
  });
}

/** How a drawing is moved so that it fills the height with its pen, centered across. A dot stays a dot. */
function fitted(
  points: readonly Point[],
  across: number,
  radius: number,
): { readonly scale: number; readonly dx: number; readonly dy: number } {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = 1 - 2 * radius;
  const roomAcross = across - 2 * radius;
  const scale = Math.min(room / Math.max(bottom - top, 0.05), roomAcross / Math.max(right - left, 0.05), 8);
  return {
    scale,
    dx: across / 2 - ((left + right) / 2) * scale,
    dy: 0.5 - ((top + bottom) / 2) * scale,
  };
}

function penRadiusFor(points: readonly Point[]): number {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const ratio = (Math.max(...xs) - Math.min(...xs)) / Math.max(Math.max(...ys) - Math.min(...ys), 1e-6);
  return ratio < narrow ? narrowPenRadius : penRadius;
}

function isNear(x: number, y: number, from: Point, to: Point, radius: number): boolean {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / length));
  const offX = x - from.x - along * dx;
  const offY = y - from.y - along * dy;
  return offX * offX + offY * offY <= radius * radius;
}
