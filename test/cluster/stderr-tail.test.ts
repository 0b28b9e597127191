import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { StderrTail } from '../../server/cluster/stderr-tail.ts';

const written = async (...texts: string[]): Promise<{ tail: StderrTail; seen: string[] }> => {
  const stream = new PassThrough();
  const seen: string[] = [];
  const tail = new StderrTail(stream, (line) => seen.push(line));
  for (const text of texts) stream.write(text);
  await new Promise((resolve) => setImmediate(resolve));
  return { tail, seen };
};

describe('the tail of an error stream', () => {
  it('puts lines together that come in pieces, and leaves out empty ones', async () => {
    const { tail, seen } = await written('first li', 'ne\r\n\nsecond', ' line\nunfinished');
    expect(seen).toEqual(['first line', 'second line']);
    expect(tail.lines).toEqual(['first line', 'second line', 'unfinished']);
  });

  it('keeps the last 200 lines, each at most 500 characters', async () => {
    const { tail } = await written(
      ...Array.from({ length: 300 }, (_, index) => `line ${index}\n`),
      `${'x'.repeat(2000)}\n`,
    );
    expect(tail.lines).toHaveLength(200);
    expect(tail.lines[0]).toBe('line 101');
    expect(tail.lines.at(-1)).toHaveLength(500);
  });

  it('does not grow with a stream that never ends a line', async () => {
    const { tail } = await written(...Array.from({ length: 50 }, () => 'x'.repeat(1000)));
    expect(tail.lines.at(-1)!.length).toBe(500);
  });
});
