import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { metricNames } from '../../server/autoscaler/metrics.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { presets } from '../../server/autoscaler/presets.ts';

function faultOf(raw: unknown): string {
  try {
    parsePolicy(raw, 'policy.json');
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    expect((error as MillraceError).code).toBe('invalid-config');
    return (error as MillraceError).message.replace(/^policy\.json cannot be used: /, '');
  }
  return 'accepted';
}

test.each([
  [[], 'the policy must be an object.'],
  [{ preset: 'cloud' }, 'preset must be one of edge, kubernetes.'],
  [{ minn: 1 }, 'the policy has the unknown field "minn"; did you mean "min"?.'],
  [{ min: 1.5 }, 'min must be a whole number from 0 to 1000.'],
  [{ min: 5, max: 2 }, 'min must not be higher than max.'],
  [{ tickMs: 10 }, 'tickMs must be a whole number from 100 to 600000.'],
  [{ tolerance: 2 }, 'tolerance must be a number from 0 to 1.'],
  [{ tolerance: 'none' }, 'tolerance must be a number from 0 to 1, or {"up": …, "down": …}.'],
  [{ up: { windowMs: 3_600_001 } }, 'up.windowMs must be a whole number from 0 to 3600000.'],
  [
    { down: { policies: [{ type: 'pod', value: 1, periodMs: 5 }] } },
    'down.policies[0].type must be one of pods, percent.',
  ],
  [{ metrics: { cpus: { target: 1 } } }, 'metrics has the unknown field "cpus"; did you mean "cpu"?.'],
  [{ metrics: { cpu: {} } }, 'metrics.cpu needs a target, because its vote is a ratio.'],
  [{ metrics: { cpu: { target: 0 } } }, 'metrics.cpu.target must be a number from 0.001 to 1000000000.'],
  [{ metrics: { cpu: { target: 70, above: 60 } } }, 'metrics.cpu has above lower than its target.'],
  [{ metrics: { cpu: { target: 70, below: 80 } } }, 'metrics.cpu has below higher than its target.'],
  [{ metrics: { errorRate: { above: 1, below: 2 } } }, 'metrics.errorRate has below higher than above.'],
  [{ metrics: { errorRate: {} } }, 'metrics.errorRate needs above, the most that is right.'],
  [
    { metrics: { serviceP99: { vote: 'step', above: 1 } } },
    "metrics.serviceP99 cannot have the vote 'step', only veto.",
  ],
  [
    { metrics: { memory: { vote: 'ratio', target: 80 } } },
    "metrics.memory cannot have the vote 'ratio', only ceiling.",
  ],
  [
    { metrics: { queueWaitP99: { target: 100, above: 100 } } },
    "metrics.queueWaitP99 has a target, which the vote 'step' does not use; say above.",
  ],
])('%j is refused: %s', (raw, fault) => {
  expect(faultOf(raw)).toBe(fault);
});

describe('a policy', () => {
  test('says only what differs from its preset: sections field by field, metrics and policies as a whole', () => {
    const policy = parsePolicy(
      { preset: 'kubernetes', min: 2, down: { windowMs: 0 }, metrics: { cpu: { target: 50 } } },
      'test',
    );
    expect(policy).toMatchObject({ min: 2, max: 50, tickMs: 15_000 });
    expect(policy.down).toEqual({
      windowMs: 0,
      select: 'max',
      policies: [{ type: 'percent', value: 10, periodMs: 60_000 }],
    });
    expect(policy.rules.map(({ metric }) => metric)).toEqual(['cpu']);
  });

  test('of nothing is the preset edge', () => {
    expect(parsePolicy({}, 'test')).toEqual(parsePolicy(presets.edge, 'test'));
  });

  test('has its rules in one order, however it lists its metrics', () => {
    const metrics = { errorRate: { above: 1 }, cpu: { target: 70 } };
    const reversed = { cpu: { target: 70 }, errorRate: { above: 1 } };
    expect(parsePolicy({ metrics }, 'test').rules).toEqual(parsePolicy({ metrics: reversed }, 'test').rules);
  });

  test('has a tolerance for each direction, or one for both', () => {
    const band = (tolerance: unknown) =>
      parsePolicy({ tolerance, metrics: { cpu: { target: 50 } } }, 'test').rules[0]!.band;
    expect(band(0.2)).toEqual({ lowMicro: 40e6, highMicro: 60e6 });
    expect(band({ down: 0.5 })).toEqual({ lowMicro: 25e6, highMicro: 55e6 });
  });
});

test('the preset kubernetes has the values that people write for a cloud', () => {
  expect(parsePolicy({ preset: 'kubernetes' }, 'test')).toMatchObject({
    min: 3,
    max: 50,
    metrics: {
      cpu: { target: 70, above: 70, upForMs: 120_000, below: 30, downForMs: 600_000 },
      latencyP99: { vote: 'ratio', target: 100, upForMs: 300_000, below: 50, downForMs: 600_000 },
      queuePerReplica: { target: 10, above: 10, below: 2 },
      errorRate: { above: 1 },
      memory: { above: 80 },
    },
    up: {
      windowMs: 0,
      policies: [
        { type: 'pods', value: 4, periodMs: 15_000 },
        { type: 'percent', value: 100, periodMs: 15_000 },
      ],
    },
    down: { windowMs: 300_000, policies: [{ type: 'percent', value: 10, periodMs: 60_000 }] },
  });
});

describe('docs/autoscaling.md', () => {
  const page = readFileSync(new URL('../../docs/autoscaling.md', import.meta.url), 'utf8');

  /** Settings as dotted names. */
  const names = (value: object, prefix = ''): string[] =>
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) && key !== 'metrics'
        ? names(inner as object, `${prefix}${key}.`)
        : [`${prefix}${key}`],
    );

  test('has a row for every setting and every metric, with the default', () => {
    const { rules: _, ...settings } = parsePolicy({}, 'test');
    const rows = new Map([...page.matchAll(/^\| `([\w.]+)` +\| ([^|]*) \|/gm)].map((row) => [row[1]!, row[2]!.trim()]));
    expect([...names(settings), ...metricNames].filter((name) => !rows.has(name))).toEqual([]);
    const documented = (name: string) => Number(rows.get(name)!.replaceAll(/[^\d.]/g, ''));
    expect(documented('max')).toBe(settings.max);
    expect(documented('down.windowMs')).toBe(settings.down.windowMs);
    expect(documented('ceilings.reservedBytes')).toBe(settings.ceilings.reservedBytes);
    expect(documented('gain.retestMs')).toBe(settings.gain.retestMs);
  });
});
