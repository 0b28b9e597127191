import { describe, expect, it } from 'vitest';
import { deviceTolerance, tryDevice, worstDifference } from '../../server/replica/device-trial.ts';
import type { RuntimeSession } from '../../server/replica/session.ts';
import type { Device } from '../../server/protocol/device.ts';
import type { Tensor } from '../../server/protocol/tensors.ts';

const cuda: Device = { provider: 'cuda', index: 0 };
const floats = (...values: number[]): Tensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** Doubles each value of `[batch, 2]`, times `factor` for the device. */
function session(factor = 1, run?: () => never): RuntimeSession {
  const spec = (name: string) => ({ name, datatype: 'FP32' as const, shape: [-1, 2] });
  return {
    signature: { inputs: [spec('x')], outputs: [spec('y')] },
    firstDimensions: ['batch'],
    skippedOutputs: [],
    async run([input]) {
      run?.();
      const data = Float32Array.from(input!.data as Float32Array, (value) => value * 2 * factor);
      return [{ name: 'y', datatype: 'FP32', shape: input!.shape, data }];
    },
  };
}

const openWith = (other: () => RuntimeSession) => async (device: Device) =>
  device.provider === 'cpu' ? session() : other();

describe('the trial of a device', () => {
  it('finds it right and measures it, one row and a batch', async () => {
    const trial = await tryDevice(
      openWith(() => session(1.001)),
      cuda,
      undefined,
    );
    expect(trial).toMatchObject({ device: cuda, isRight: true, reason: '', batchRows: 16 });
    expect(trial.rowsPerSecond).toBeGreaterThan(0);
    expect(trial.batchRowsPerSecond).toBeGreaterThan(0);
    expect(trial.worstError).toBeGreaterThan(0);
  });

  it('finds wrong numbers', async () => {
    const trial = await tryDevice(
      openWith(() => session(1.1)),
      cuda,
      undefined,
    );
    expect(trial).toMatchObject({ isRight: false, reason: expect.stringContaining('wrong numbers') as string });
    expect(trial.rowsPerSecond).toBeUndefined();
    const nothing = await tryDevice(
      openWith(() => session(NaN)),
      cuda,
      undefined,
    );
    expect(nothing).toMatchObject({ isRight: false, reason: expect.stringContaining('not a number') as string });
  });

  it('judges by given answers where there are some, without the CPU', async () => {
    const cases = { input: [[1, 2]], expected: [[2, 4]] };
    const open = async (device: Device): Promise<RuntimeSession> => {
      if (device.provider === 'cpu') throw new Error('not to be asked');
      return session();
    };
    expect(await tryDevice(open, cuda, cases)).toMatchObject({ isRight: true });
    expect(await tryDevice(open, cuda, { ...cases, expected: [[2, 4.2]] })).toMatchObject({ isRight: false });
  });

  it('says why it does not load or run there, without the runtime’s own sources', async () => {
    const refusing = openWith(() => {
      throw new Error('ONNX Runtime cannot load the model: some_file.cc:12 a::b() x was false. No adapter.');
    });
    expect((await tryDevice(refusing, cuda, undefined)).reason).toBe('It does not load there: No adapter.');
    const failing = openWith(() =>
      session(1, () => {
        throw new Error('lost');
      }),
    );
    expect((await tryDevice(failing, cuda, undefined)).reason).toBe('It does not run there: lost');
  });

  it('cannot judge a model that refuses made-up inputs', async () => {
    const open = async () =>
      session(1, () => {
        throw new Error('no');
      });
    expect(await tryDevice(open, cuda, undefined)).toMatchObject({
      isRight: false,
      reason: expect.stringContaining('made-up inputs') as string,
    });
  });
});

describe('the difference of answers', () => {
  it.each([
    [[floats(1, 2)], [floats(1, 2)], 0],
    [[floats(99)], [floats(100)], 0.01],
    [[floats(NaN, Infinity)], [floats(NaN, Infinity)], 0],
    [[floats(1)], [floats(NaN)], Infinity],
    [[floats(Infinity)], [floats(1)], Infinity],
    [[floats(1)], [floats(1, 2)], Infinity],
    [[floats(1)], [], Infinity],
  ])('of %j and %j', (a, b, expected) => expect(worstDifference(a, b)).toBeCloseTo(expected, 8));

  it('of texts is none or all, of halves that of their values', () => {
    const text = (value: string): Tensor => ({ name: 'y', datatype: 'BYTES', shape: [1], data: [value] });
    expect([worstDifference([text('a')], [text('a')]), worstDifference([text('a')], [text('b')])]).toEqual([
      0,
      Infinity,
    ]);
    const half = (bits: number): Tensor => ({ name: 'y', datatype: 'FP16', shape: [1], data: Uint16Array.of(bits) });
    expect(worstDifference([half(0x3c00)], [half(0x3c01)])).toBeLessThan(deviceTolerance / 10);
    expect(worstDifference([half(0x3c00)], [half(0x4000)])).toBeCloseTo(0.5, 6);
  });
});
