/**
 * Writes the model that `millrace devices` tries on every device, and what it must answer, computed here in double precision and
 * without ONNX Runtime. Run: `node resources/probe/make-probe.ts`. The same bytes come out every time.
 */
import { writeFileSync } from 'node:fs';
import { mlpLayers, mlpModel } from '../../test/support/models.ts';

const sizes = [64, 128, 128, 16];
const seed = 20_261_124;
const rows = 8;

export function probeModel(): Uint8Array {
  return mlpModel(sizes, seed);
}

/** Rows that differ, and their answers. */
export function probeCases(): { readonly input: number[][]; readonly expected: number[][] } {
  const layers = mlpLayers(sizes, seed);
  const input = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: sizes[0]! }, (__, column) => Math.fround((((row * 31 + column * 7) % 23) - 11) / 12)),
  );
  const expected = input.map((row) =>
    layers.reduce<number[]>((values, { inputs, outputs, weights, bias }, index) => {
      const sums = Array.from({ length: outputs }, (_, output) => {
        let sum = bias[output]!;
        for (let at = 0; at < inputs; at += 1) sum += values[at]! * weights[at * outputs + output]!;
        return sum;
      });
      return index === layers.length - 1 ? sums : sums.map((value) => Math.max(0, value));
    }, row),
  );
  return { input, expected };
}

if (import.meta.main) {
  writeFileSync(new URL('probe.onnx', import.meta.url), probeModel());
  writeFileSync(new URL('probe.json', import.meta.url), `${JSON.stringify(probeCases())}\n`);
}
