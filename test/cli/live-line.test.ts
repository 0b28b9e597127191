import { describe, expect, it } from 'vitest';
import { LiveLine } from '../../server/cli/live-line.ts';

function started(isTTY: boolean) {
  let nowMs = 0;
  const written: string[] = [];
  const line = new LiveLine({ isTTY, columns: 20, write: (text) => written.push(text) }, () => nowMs);
  return { line, written, at: (ms: number) => (nowMs = ms) };
}

describe('a live line', () => {
  it('is drawn over itself on a terminal, not more than ten times a second, and no longer than it', () => {
    const { line, written, at } = started(true);
    line.show('x'.repeat(50));
    line.show('too soon');
    at(100);
    line.show('again');
    line.end();
    line.end();
    expect(written).toEqual([`\r\u001B[2K${'x'.repeat(19)}`, '\r\u001B[2Kagain', '\r\u001B[2K']);
  });

  it('is a line every five seconds elsewhere', () => {
    const { line, written, at } = started(false);
    line.show('first');
    at(4999);
    line.show('second');
    at(5000);
    line.show('third');
    line.end();
    expect(written).toEqual(['third\n']);
  });
});
