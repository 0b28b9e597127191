import { describe, expect, it } from 'vitest';
import { sparklinePath } from '../../../renderer/components/sparkline-path.ts';

describe('the path of a sparkline', () => {
  it('ends at the right edge and starts its scale at zero', () => {
    expect(sparklinePath([0, 10], 100, 20, 3).line).toBe('M50.0 19.0L100.0 1.0');
  });

  it('is interrupted where a value is missing', () => {
    const { line, area } = sparklinePath([1, Number.NaN, 1, 1], 90, 20, 4);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(area.match(/Z/g)).toHaveLength(2);
  });

  it('is empty without values, and flat for zeros', () => {
    expect(sparklinePath([], 100, 20, 3).line).toBe('');
    expect(sparklinePath([0, 0], 100, 20, 2).line).toBe('M0.0 19.0L100.0 19.0');
  });

  it('shows the last values where there are more than fit', () => {
    expect(sparklinePath([5, 5, 5, 5, 5], 100, 20, 2).line).toBe('M0.0 1.0L100.0 1.0');
  });
});
