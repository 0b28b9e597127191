import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../server/autoscaler/trace.ts';
import { parseDuration, parseGoal, planOf, targetOfUrl } from '../../server/cli/bench-plan.ts';
import type { BenchFlags } from '../../server/cli/bench-plan.ts';

const target = { url: 'http://127.0.0.1:8000', model: 'iris' };
const plan = (flags: Partial<BenchFlags>, trace?: unknown) =>
  planOf(target, { data: '', ...flags }, trace === undefined ? undefined : parseTrace(trace, 'trace'));

describe('what a URL names', () => {
  it.each([
    ['http://pc:8000/v2/models/iris', { url: 'http://pc:8000', model: 'iris', api: 'infer' }],
    ['http://pc:8000/v2/models/my%20iris/infer', { url: 'http://pc:8000', model: 'my iris', api: 'infer' }],
    [
      'https://pc/a/b/v2/models/iris/versions/3/infer',
      { url: 'https://pc/a/b', model: 'iris', version: '3', api: 'infer' },
    ],
    ['http://pc:8000/predict/iris', { url: 'http://pc:8000', model: 'iris', api: 'predict' }],
  ])('%s', (text, expected) => expect(targetOfUrl(text, {})).toEqual(expected));

  it('needs a model where it is an address only', () => {
    expect(targetOfUrl('http://pc:8000/', { model: 'iris' })).toMatchObject({ url: 'http://pc:8000', model: 'iris' });
    expect(() => targetOfUrl('http://pc:8000/', {})).toThrow(/names no model/);
  });

  it('is nothing for the name of a model', () => expect(targetOfUrl('iris', {})).toBeUndefined());
});

describe('a plan from flags', () => {
  it('is a closed loop of 8 connections for 10 s by default', () => {
    expect(plan({}).drive).toEqual({ kind: 'closed', connections: [{ from: 8, to: 8, durationMs: 10_000 }] });
  });

  it.each([
    [
      { connections: '32', duration: '1m' },
      { kind: 'closed', connections: [{ from: 32, to: 32, durationMs: 60_000 }] },
    ],
    [
      { rate: '10..500', duration: '2' },
      { kind: 'open', arrival: 'constant', perSecond: [{ from: 10, to: 500, durationMs: 2000 }] },
    ],
    [
      { rate: '10,20', duration: '1s', arrival: 'poisson' as const },
      {
        kind: 'open',
        arrival: 'poisson',
        perSecond: [
          { from: 10, to: 10, durationMs: 500 },
          { from: 20, to: 20, durationMs: 500 },
        ],
      },
    ],
  ])('takes shapes: %j', (flags, drive) => expect(plan(flags).drive).toEqual(drive));

  it('searches for a goal', () => {
    expect(plan({ slo: 'p99.9=50ms', maxErrors: '1', maxRate: '500', duration: '3s' }).drive).toEqual({
      kind: 'search',
      arrival: 'constant',
      percentile: 99.9,
      limitMs: 50,
      maxErrorPercent: 1,
      maxPerSecond: 500,
      probeMs: 3000,
    });
  });

  it('takes requests, inputs and headers', () => {
    expect(
      plan({
        binary: true,
        rows: '4',
        shape: ['x=3x8', 'y=2'],
        header: ['Authorization: Bearer a:b'],
        random: true,
        distinct: '9',
        seed: '5',
        timeout: '500ms',
        warmUp: '0',
        insecure: true,
        version: '2',
      }),
    ).toMatchObject({
      format: 'binary',
      rows: 4,
      shapes: { x: [3, 8], y: [2] },
      headers: { Authorization: 'Bearer a:b' },
      inputs: 'random',
      distinct: 9,
      seed: 5,
      timeoutMs: 500,
      warmUpMs: 0,
      insecure: true,
    });
    expect([plan({}).savedAnswers, plan({ cached: true }).savedAnswers]).toEqual([false, true]);
    expect(plan({ predict: true }).api).toBe('predict');
    expect(plan({ samples: 'f' }).inputs).toBe('samples');
  });

  it.each([
    [{ rate: '5', connections: '5' }, /exclude/],
    [{ rate: 'many' }, /no number/],
    [{ rate: '0' }, /some load/],
    [{ connections: '9999' }, /connections/],
    [{ rate: '5', duration: '25h' }, /day|durationMs|86400000/i],
    [{ duration: 'soon' }, /no time/],
    [{ slo: 'fast' }, /does not understand/],
    [{ slo: 'p100=1ms' }, /does not understand/],
    [{ rows: '1.5' }, /rows/],
    [{ shape: ['x'] }, /--shape/],
    [{ header: ['secret-without-colon'] }, /needs a name/],
  ])('refuses %j', (flags, words) => {
    const attempt = (): unknown => plan(flags);
    expect(attempt).toThrow(words);
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-config' }) as Error);
    expect(attempt).not.toThrow(/secret/);
  });

  it.each([
    ['1500ms', 1500],
    ['0.5s', 500],
    ['3', 3000],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
  ])('reads %s as %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it('keeps parts of a millisecond in a goal', () =>
    expect(parseGoal('p99=2.5ms')).toEqual({ percentile: 99, limitMs: 2.5 }));
});

describe('a plan from a trace', () => {
  const load = {
    version: 1,
    durationMs: 3000,
    serviceMs: 500,
    samples: [
      { t: 0, load: 2 },
      { t: 1000, load: 5 },
    ],
  };

  it('turns work into rates through the service time', () => {
    expect(plan({ trace: 'f' }, load).drive).toMatchObject({
      kind: 'open',
      perSecond: [
        { from: 4, to: 4, durationMs: 1000 },
        { from: 10, to: 10, durationMs: 2000 },
      ],
    });
  });

  it('is played faster and stronger', () => {
    expect(plan({ trace: 'f', speed: '10', scale: '3' }, load).drive).toMatchObject({
      perSecond: [
        { from: 12, to: 12, durationMs: 100 },
        { from: 30, to: 30, durationMs: 200 },
      ],
    });
  });

  it('takes recorded rates as they are, without those that were not measured', () => {
    const recorded = {
      version: 1,
      tickMs: 500,
      samples: [
        { t: 0, metrics: { requestRate: 7 } },
        { t: 500, metrics: { requestRate: null } },
        { t: 1000, metrics: { requestRate: 9 } },
      ],
    };
    expect(plan({ trace: 'f' }, recorded).drive).toMatchObject({
      perSecond: [
        { from: 7, durationMs: 1000 },
        { from: 9, durationMs: 500 },
      ],
    });
  });

  it('is that of the model where there are several, and refused without one', () => {
    const models = { iris: { samples: [{ t: 0, load: 1 }] }, other: { samples: [{ t: 0, load: 9 }] } };
    expect(plan({ trace: 'f' }, { version: 1, models }).drive).toMatchObject({ perSecond: [{ from: 1 }] });
    expect(() => plan({ trace: 'f' }, { version: 1, models: { a: models.iris, b: models.other } })).toThrow(
      /no model iris/,
    );
    expect(() => plan({ trace: 'f' }, { version: 1, samples: [{ t: 0, metrics: { cpuPercent: 1 } }] })).toThrow(
      /no load to send/,
    );
  });
});
