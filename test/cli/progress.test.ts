import { describe, expect, it } from 'vitest';
import { Progress, progressText } from '../../server/cli/progress.ts';

class Screen {
  readonly lines: string[] = [];
  nowMs = 0;
  readonly isTTY: boolean;
  readonly columns = 60;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.lines.push(text);
  }
}

function run(screen: Screen, untilMs: number): void {
  const progress = new Progress(screen, () => screen.nowMs);
  for (; screen.nowMs <= untilMs; screen.nowMs += 10) progress.update('Copying iris', screen.nowMs, 10_000);
  progress.end();
}

describe('Progress', () => {
  it('is silent where work ends at once', () => {
    for (const isTTY of [true, false]) {
      const screen = new Screen(isTTY);
      run(screen, 250);
      expect(screen.lines).toEqual([]);
    }
  });

  it('draws one line again and again on a terminal, and clears it', () => {
    const screen = new Screen(true);
    run(screen, 1000);
    expect(screen.lines.length).toBeGreaterThanOrEqual(7);
    expect(screen.lines.length).toBeLessThanOrEqual(10);
    expect(screen.lines.every((line) => line.startsWith('\r\u001B[2K') && !line.includes('\n'))).toBe(true);
    expect(screen.lines.every((line) => line.length <= 59 + 5)).toBe(true);
    expect(screen.lines.at(-1)).toBe('\r\u001B[2K');
  });

  it('writes a line every three seconds elsewhere', () => {
    const screen = new Screen(false);
    run(screen, 10_000);
    expect(screen.lines).toEqual([
      'Copying iris  30 %  3000 bytes of 10 kB\n',
      'Copying iris  60 %  6000 bytes of 10 kB\n',
      'Copying iris  90 %  9000 bytes of 10 kB\n',
    ]);
  });
});

it('shows a bar of the share that is done', () => {
  expect(progressText('Copying', 5e8, 1e9, true)).toBe('Copying  [############------------]  50 %  500.0 MB of 1.0 GB');
  expect(progressText('Trying', 0, 0, true)).toBe('Trying …');
  expect(progressText('Copying', 2, 1, true)).toContain('100 %');
});
