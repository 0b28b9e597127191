import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { parseTrace } from '../../server/autoscaler/trace.ts';

const samples = [{ t: 0, load: 1 }];

function faultOf(raw: unknown): string {
  try {
    parseTrace(raw, 'trace.json');
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError);
    expect((error as MillraceError).code).toBe('invalid-config');
    return (error as MillraceError).message.replace(/^trace\.json is no trace: /, '');
  }
  return 'accepted';
}

test.each([
  [[], 'the trace must be an object.'],
  [{ samples }, 'version must be 1.'],
  [{ version: 2, samples }, 'version must be 1.'],
  [{ version: 1 }, 'samples must be a list.'],
  [{ version: 1, samples: [] }, 'samples must not be empty.'],
  [{ version: 1, samples: [{ load: 1 }] }, 'samples[0].t must be a whole number.'],
  [{ version: 1, samples: [{ t: 0.5, load: 1 }] }, 'samples[0].t must be a whole number.'],
  [{ version: 1, samples: [{ t: 0, load: -1 }] }, 'samples[0].load must not be negative.'],
  [{ version: 1, samples: [{ t: 0, load: '1' }] }, 'samples[0].load must be a number.'],
  [
    { version: 1, samples: [{ t: 0, metrics: { queued: 'many' } }] },
    'samples[0].metrics.queued must be a number or null.',
  ],
  [
    {
      version: 1,
      samples: [
        { t: 5, load: 1 },
        { t: 4, load: 1 },
      ],
    },
    'samples[1].t is 4, before the sample in front of it at 5.',
  ],
  [{ version: 1, samples: [{ t: 0, load: 1, metrics: {} }] }, 'samples[0] has both a load and metrics.'],
  [
    {
      version: 1,
      samples: [
        { t: 0, load: 1 },
        { t: 1, metrics: {} },
      ],
    },
    'samples[1] has no load, but the first sample has one.',
  ],
  [
    {
      version: 1,
      samples: [
        { t: 0, metrics: {} },
        { t: 1, erlangs: 1 },
      ],
    },
    'samples[1] has a load, but the first sample has none.',
  ],
  [
    { version: 1, samples, events: [{ t: 0, type: 'stop' }] },
    'events[0].type must be pause, manual, freeze, resume, restart or clock-jump.',
  ],
  [{ version: 1, samples, events: [{ t: 0, type: 'manual' }] }, 'events[0] needs replicas.'],
  [{ version: 1, samples, events: [{ t: 0, type: 'clock-jump' }] }, 'events[0] needs byMs.'],
  [{ version: 1, samples, machine: { physicalCores: 0 } }, 'machine.physicalCores must be at least 1.'],
  [{ version: 1, models: {} }, 'models must not be empty.'],
  [{ version: 1, models: { a: { samples: [] } } }, 'models.a.samples must not be empty.'],
])('%j is refused: %s', (raw, fault) => {
  expect(faultOf(raw)).toBe(fault);
});

test('of many faults the first five are told', () => {
  const wrong = { version: 1, samples: Array.from({ length: 9 }, () => ({ t: -1, load: 1 })) };
  expect(faultOf(wrong)).toMatch(/^samples\[0\].*samples\[4\].t must not be negative; and 4 more\.$/);
});

describe('a trace', () => {
  test('reports each unknown field once, however deep, and ignores it', () => {
    const raw = {
      version: 1,
      author: 'me',
      machine: { gpus: 1 },
      replica: { gpu: 0 },
      events: [{ t: 0, type: 'pause', why: '' }],
      samples: [
        { t: 0, metrics: { cpu: 1 }, note: '' },
        { t: 1, metrics: { cpu: 2 }, note: '' },
      ],
    };
    const trace = parseTrace(raw, 'test');
    expect(trace.warnings.toSorted()).toEqual([
      'The field "author" of the trace is not known and was ignored.',
      'The field "cpu" of metrics is not known and was ignored.',
      'The field "gpu" of replica is not known and was ignored.',
      'The field "gpus" of machine is not known and was ignored.',
      'The field "note" of a sample is not known and was ignored.',
      'The field "why" of an event is not known and was ignored.',
    ]);
    const several = parseTrace({ version: 1, samples, models: { a: { samples, x: 1 } } }, 'test');
    expect(several.warnings).toEqual([
      'The field "samples" of the trace is not known and was ignored.',
      'The field "x" of a model is not known and was ignored.',
    ]);
  });

  test('has its events in the order of their times', () => {
    const events = [
      { t: 9, type: 'resume' },
      { t: 3, type: 'pause' },
    ];
    const [model] = parseTrace({ version: 1, samples, events }, 'test').models;
    expect(model!.events.map(({ t }) => t)).toEqual([3, 9]);
  });

  test('keeps measurements that are none, to see what happens', () => {
    const metrics = { outstanding: null, queued: 'NaN', cpuPercent: 'Infinity', requestRate: -1 };
    const [model] = parseTrace({ version: 1, samples: [{ t: 0, metrics }] }, 'test').models;
    expect(model!.samples).toEqual({
      kind: 'recorded',
      records: [
        {
          t: 0,
          metrics: {
            outstanding: Number.NaN,
            queued: Number.NaN,
            cpuPercent: Number.POSITIVE_INFINITY,
            requestRate: -1,
          },
        },
      ],
    });
  });
});
