import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GraphicsMeter } from '../../server/metrics/graphics-meter.ts';
import type { GraphicsReading } from '../../server/metrics/system-information.ts';

const gpu = (utilizationPercent: number | undefined): GraphicsReading => ({
  name: 'a graphics card',
  utilizationPercent,
  memoryUsedBytes: undefined,
  memoryTotalBytes: undefined,
});

describe('the graphics meter', () => {
  let asked: number[];
  let answer: () => GraphicsReading[] | Error;
  let tookMs: number;
  let meter: GraphicsMeter;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    asked = [];
    tookMs = 10;
    answer = () => [gpu(40)];
    meter = new GraphicsMeter({
      mayHaveGraphics: () => true,
      ask: async () => {
        asked.push(Math.round(performance.now() / 1000));
        vi.advanceTimersByTime(tookMs);
        const given = answer();
        if (given instanceof Error) throw given;
        return given;
      },
    });
  });

  afterEach(() => {
    meter.stop();
    vi.useRealTimers();
  });

  it('asks after the start and then every ten seconds', async () => {
    meter.start();
    await vi.advanceTimersByTimeAsync(35_000);
    expect(asked).toEqual([3, 13, 23, 33]);
    expect(meter.readings).toEqual([gpu(40)]);
  });

  it('asks so seldom that the time of asking is half a percent', async () => {
    tookMs = 500;
    meter.start();
    await vi.advanceTimersByTimeAsync(250_000);
    expect(asked).toEqual([3, 104, 204]);
  });

  it('asks once where adapters tell nothing, and not at all where there are none', async () => {
    answer = () => [gpu(undefined)];
    meter.start();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(asked).toEqual([3]);
    expect(meter.readings).toEqual([]);
    const none = new GraphicsMeter({ mayHaveGraphics: () => false });
    none.start();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up after three failures in a row', async () => {
    answer = () => new Error('nvidia-smi is not there');
    meter.start();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(asked).toHaveLength(3);
    expect(meter.readings).toEqual([]);
  });

  it('asks no more once it has been stopped, not even from inside a question', async () => {
    meter.start();
    answer = () => {
      meter.stop();
      return [gpu(1)];
    };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toEqual([3]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
