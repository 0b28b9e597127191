import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { probeCases, probeModel } from '../../resources/probe/make-probe.ts';
import { devicesToProbe } from '../../server/cluster/device-probe.ts';
import { deviceName } from '../../server/protocol/device.ts';

const runtime = (...names: string[]) => ({
  runtimeVersion: '1',
  backends: names.map((name) => ({ name, bundled: true })),
});
const names = (backends: string[], graphics: number): string[] =>
  devicesToProbe(runtime(...backends), graphics).map((device) => deviceName(device));

describe('devices to probe', () => {
  it('are those of the runtime, numbered ones once per graphics processor', () => {
    expect(names(['webgpu', 'cpu', 'cuda', 'unknown'], 2)).toEqual(['cpu', 'cuda:0', 'cuda:1', 'webgpu']);
  });

  it('are at least one each where no graphics processor is known, and never more than sixteen', () => {
    expect(names(['dml'], 0)).toEqual(['dml:0']);
    expect(names(['dml'], 99)).toHaveLength(16);
  });
});

it('the probe is what its maker writes', () => {
  const read = (name: string): Buffer => readFileSync(new URL(`../../resources/probe/${name}`, import.meta.url));
  expect(read('probe.onnx').equals(probeModel())).toBe(true);
  expect(JSON.parse(read('probe.json').toString())).toEqual(probeCases());
});
