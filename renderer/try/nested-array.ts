/** Arrays as people write them and as requests nest them. Pure. */

/** Row-major elements nested by shape. */
export function nest(elements: readonly unknown[], shape: readonly number[]): unknown {
  const [length, ...inner] = shape;
  if (length === undefined) return elements[0];
  if (inner.length === 0) return elements;
  const size = inner.reduce((product, side) => product * side, 1);
  return Array.from({ length }, (_, index) => nest(elements.slice(index * size, (index + 1) * size), inner));
}

/** The shape of a nested array; undefined where its parts differ. */
export function shapeOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return [];
  if (value.length === 0) return [0];
  const inner = value.map(shapeOf);
  const [first] = inner;
  if (first === undefined || inner.some((each) => each === undefined || each.join() !== first.join())) return undefined;
  return [value.length, ...first];
}

/** All elements in order. */
export function flatten(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
}
