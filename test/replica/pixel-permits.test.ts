/** Bounds of decoding: by number, by pixels, first come first served, given back whatever happens. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PixelPermits } from '../../server/replica/pixel-permits.ts';

describe('permits to decode', () => {
  it('are given back: what fits together runs together, again and again', async () => {
    const permits = new PixelPermits(2, 100);
    for (let round = 0; round < 5; round += 1) {
      let together = 0;
      const { promise: both, resolve } = Promise.withResolvers<void>();
      const work = async (): Promise<void> => {
        together += 1;
        if (together === 2) resolve();
        await both;
      };
      await Promise.all([permits.use(50, work), permits.use(50, work)]);
      expect(together).toBe(2);
    }
  });

  it('hold both bounds, run all, in order, and survive what throws', async () => {
    const works = fc.array(fc.record({ pixels: fc.integer({ min: 1, max: 150 }), fails: fc.boolean() }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(works, fc.integer({ min: 1, max: 4 }), async (list, most) => {
        const permits = new PixelPermits(most, 100);
        const started: number[] = [];
        let count = 0;
        let pixels = 0;
        const results = await Promise.allSettled(
          list.map((work, index) =>
            permits.use(work.pixels, async () => {
              started.push(index);
              count += 1;
              pixels += work.pixels;
              expect(count).toBeLessThanOrEqual(most);
              expect(count === 1 || pixels <= 100).toBe(true);
              await Promise.resolve();
              count -= 1;
              pixels -= work.pixels;
              if (work.fails) throw new Error('damaged');
            }),
          ),
        );
        expect(started).toEqual(list.map((_, index) => index));
        expect(results.map(({ status }) => status === 'rejected')).toEqual(list.map(({ fails }) => fails));
      }),
    );
  });
});
