/** The path of a sparkline. Pure. A value that is missing interrupts the line; the scale starts at zero. */

export interface SparklinePath {
  readonly line: string;
  readonly area: string;
}

/** Fits the values into `width` × `height`, the newest at the right edge, `capacity` of them across. */
export function sparklinePath(
  values: readonly number[],
  width: number,
  height: number,
  capacity: number,
): SparklinePath {
  const shown = values.slice(-capacity);
  const top = Math.max(...shown.filter((value) => !Number.isNaN(value)), 0) || 1;
  const step = width / Math.max(capacity - 1, 1);
  const start = width - (shown.length - 1) * step;
  let line = '';
  let area = '';
  let runStart: string | undefined;
  let lastX = '';
  const endRun = (): void => {
    if (runStart !== undefined) area += `L${lastX} ${height}L${runStart} ${height}Z`;
    runStart = undefined;
  };
  for (const [index, value] of shown.entries()) {
    if (Number.isNaN(value)) {
      endRun();
      continue;
    }
    const x = (start + index * step).toFixed(1);
    const point = `${x} ${(height - (value / top) * (height - 2) - 1).toFixed(1)}`;
    if (runStart === undefined) {
      line += `M${point}`;
      area += `M${point}`;
      runStart = x;
    } else {
      line += `L${point}`;
      area += `L${point}`;
    }
    lastX = x;
  }
  endRun();
  return { line, area };
}
