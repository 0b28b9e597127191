import { describe, expect, it } from 'vitest';
import { chartKinds, summarize } from '../../../../renderer/places/monitor/chart-lines.ts';
import { readingNames } from '../../../../renderer/live/readings.ts';

describe('the charts', () => {
  it('draw only what is recorded', () => {
    const drawn = chartKinds.flatMap(({ lines }) => lines.map(({ reading }) => reading));
    expect(drawn.filter((name) => !readingNames.includes(name))).toEqual([]);
    expect(new Set(drawn).size).toBe(readingNames.length - 1);
  });
});

describe('the legend of a line', () => {
  it('leaves gaps out of the average and the most', () => {
    expect(summarize([2, Number.NaN, 4])).toEqual({ now: 4, average: 3, most: 4 });
  });

  it('knows no now in a gap', () => {
    expect(summarize([2, Number.NaN]).now).toBeNaN();
    expect(summarize([]).most).toBeNaN();
  });
});
