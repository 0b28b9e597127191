import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { exitCodeOf } from '../../server/cli/output.ts';
import { scaleReplay } from '../../server/cli/scale.ts';
import type { MillraceError } from '../../server/base/errors.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-scale-'));
});

afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** What the command prints, to standard output and to standard error. */
async function printed(
  trace: string,
  flags: { policy: string; json?: boolean },
): Promise<{ out: string; err: string }> {
  const out = vi.spyOn(console, 'log').mockReturnValue();
  const err = vi.spyOn(console, 'error').mockReturnValue();
  await scaleReplay(trace, flags);
  const text = (spy: typeof out): string => spy.mock.calls.flat().join('\n');
  return { out: text(out), err: text(err) };
}

const concurrency = { preset: 'kubernetes', metrics: { outstandingPerSlot: { target: 0.7 } } };
const step = {
  version: 1,
  note: '',
  durationMs: 90_000,
  samples: [
    { t: 0, load: 2 },
    { t: 30_000, load: 6 },
  ],
};

describe('millrace scale replay', () => {
  test('prints a summary, a chart and why each change was made', async () => {
    const { out, err } = await printed(await file('t.json', step), { policy: await file('p.json', concurrency) });
    expect(out).toBe(
      [
        'model: 3 to 9 copies, 2 changes (2 up, 0 down), 0 reversals',
        '',
        '9 |   ###',
        '8 |   ###',
        '7 |  ####',
        '6 |  ####',
        '5 |  ####',
        '4 |  ####',
        '3 |######',
        '2 |######',
        '1 |######',
        '  +------',
        '   0 1:30',
        '',
        'TIME  COPIES  WHY',
        '0:30  3 → 7   2 requests per place in a copy, target 0.7: 3 → 7 copies; 9 are wanted, at most 4 per 15 s or 100 % per 15 s',
        '0:45  7 → 9   0.86 requests per place in a copy for 15 s, target 0.7: 7 → 9 copies',
      ].join('\n'),
    );
    expect(err).toBe('millrace: The field "note" of the trace is not known and was ignored.');
  });

  test('as JSON prints the policy, the warnings, the numbers and every tick', async () => {
    const { out, err } = await printed(await file('t.json', step), {
      policy: await file('p.json', concurrency),
      json: true,
    });
    expect(err).toBe('');
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      version: 1,
      tickMs: 15_000,
      policy: { min: 3, max: 50, metrics: { outstandingPerSlot: { target: 0.7 } } },
      warnings: [expect.stringContaining('"note"')],
      models: [
        {
          name: 'model',
          ticks: 6,
          replicas: { first: 3, last: 9, min: 3, max: 9 },
          growths: 2,
          shrinks: 0,
          reversals: 0,
        },
      ],
    });
    expect(report.policy).not.toHaveProperty('rules');
    expect(report.models[0].timeline[2]).toEqual({
      t: 30_000,
      load: 6,
      ready: 3,
      starting: 0,
      desired: 7,
      wanted: 9,
      cause: 'metrics',
      limitedBy: 'up-policy',
      explanation: expect.stringContaining('3 → 7 copies'),
    });
  });

  test('takes the name of a preset, and says when nothing changed', async () => {
    const quiet = {
      version: 1,
      samples: [
        { t: 0, metrics: { outstanding: 0.7 } },
        { t: 60_000, metrics: { outstanding: 0.7 } },
      ],
    };
    const { out, err } = await printed(await file('quiet.json', quiet), { policy: 'edge' });
    expect(out).toContain('No change: ');
    expect(err).toContain('no values for queueWaitP99, errorRate');
  });

  test.each([
    ['a trace that is not there', 'missing.json', 'edge', /The trace .*missing\.json cannot be read/],
    ['a policy that is not there', 't.json', 'missing.json', /The policy .*missing\.json cannot be read/],
    ['a trace that is not JSON', 'broken.json', 'edge', /broken\.json is not JSON/],
    ['a trace that is none', 'p.json', 'edge', /p\.json is no trace: version must be 1/],
    ['a policy that is none', 't.json', 't.json', /t\.json cannot be used: the policy has the unknown field/],
  ])('refuses %s, with the exit code of a wrong command line', async (_, trace, policy, message) => {
    await file('t.json', step);
    await file('p.json', concurrency);
    await file('broken.json', '{"version": NaN}');
    const path = (name: string): string => (name === 'edge' ? name : join(folder, name));
    const error = await scaleReplay(path(trace), { policy: path(policy) }).then(
      () => undefined,
      (failure: MillraceError) => failure,
    );
    expect(error?.message).toMatch(message);
    expect(exitCodeOf(error!.code)).toBe(2);
  });

  test('tells those whose program writes NaN what JSON has instead', async () => {
    const path = await file('nan.json', '{"version": 1, "samples": [{"t": 0, "metrics": {"cpuPercent": NaN}}]}');
    await expect(scaleReplay(path, { policy: 'edge' })).rejects.toMatchObject({
      hint: expect.stringContaining('null'),
    });
  });
});
