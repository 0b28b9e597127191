/** What is written here is read back by a reader that was written from the format's description. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../server/metrics/histogram.ts';
import { PrometheusText } from '../../server/metrics/prometheus.ts';
import { readPrometheus } from '../support/prometheus-reader.ts';

describe('the Prometheus text', () => {
  it('writes counters and gauges with their help, type and labels', () => {
    const text = new PrometheusText();
    text.metric('counter', 'a_total', 'Things', [
      { labels: { model: 'm', version: '1' }, value: 3 },
      { labels: { model: 'n', version: '1' }, value: 0 },
    ]);
    text.metric('gauge', 'b_bytes', 'Size', [{ value: 1.5 }]);
    expect(text.toString()).toBe(
      '# HELP a_total Things\n' +
        '# TYPE a_total counter\n' +
        'a_total{model="m",version="1"} 3\n' +
        'a_total{model="n",version="1"} 0\n' +
        '# HELP b_bytes Size\n' +
        '# TYPE b_bytes gauge\n' +
        'b_bytes 1.5\n',
    );
  });

  it('declares a metric that has no sample', () => {
    const text = new PrometheusText();
    text.metric('counter', 'a_total', 'Things', []);
    expect(readPrometheus(text.toString())).toEqual({
      families: new Map([['a_total', { type: 'counter', help: 'Things' }]]),
      samples: [],
    });
  });

  it('writes a histogram cumulatively, up to infinity', () => {
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.05, 0.5, 0.7, 30]) histogram.record(value);
    const text = new PrometheusText();
    text.histogram('wait_seconds', 'Wait', [{ labels: { model: 'm' }, histogram }]);
    const { families, samples } = readPrometheus(text.toString());
    expect(families.get('wait_seconds')).toEqual({ type: 'histogram', help: 'Wait' });
    expect(samples).toEqual([
      { name: 'wait_seconds_bucket', labels: { model: 'm', le: '0.1' }, value: 1 },
      { name: 'wait_seconds_bucket', labels: { model: 'm', le: '1' }, value: 3 },
      { name: 'wait_seconds_bucket', labels: { model: 'm', le: '+Inf' }, value: 4 },
      { name: 'wait_seconds_sum', labels: { model: 'm' }, value: 31.25 },
      { name: 'wait_seconds_count', labels: { model: 'm' }, value: 4 },
    ]);
  });

  it('brings any label value and any number back', () => {
    const labels = fc.record({ a: fc.string({ unit: 'binary' }), b: fc.string() });
    fc.assert(
      fc.property(labels, fc.double(), (each, value) => {
        const text = new PrometheusText();
        text.metric('gauge', 'x', 'Any "help" \\ text\nof two lines', [{ labels: each, value }]);
        const [sample] = readPrometheus(text.toString()).samples;
        expect(sample?.labels).toEqual(each);
        expect(sample?.value === value || (Number.isNaN(value) && Number.isNaN(sample?.value))).toBe(true);
      }),
    );
  });

  it.each([Infinity, -Infinity, NaN, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, -0])(
    'writes %d as Prometheus reads it',
    (value) => {
      const text = new PrometheusText();
      text.metric('gauge', 'x', 'x', [{ value }]);
      const [sample] = readPrometheus(text.toString()).samples;
      expect(sample!.value).toEqual(value === 0 ? expect.closeTo(0) : value);
    },
  );
});

describe('the reader of these tests', () => {
  it.each([
    ['x 1', /no line feed/],
    ['x 1\n', /has no TYPE/],
    ['# TYPE x counter\nx 1\nx 1\n', /Two samples/],
    ['# TYPE x counter\n# TYPE x counter\n', /Two TYPE/],
    ['# TYPE x number\n', /has the type number/],
    ['# TYPE x counter\nx one\n', /no number/],
    ['# TYPE x counter\nx{a="1" 1\n', /Expected/],
    ['# TYPE x counter\nx{a="\\t"} 1\n', /Unknown escape/],
    ['# TYPE x counter\n# TYPE y counter\nx 1\n', /outside its group/],
    ['# TYPE x counter\nx_bucket 1\n', /has no TYPE/],
  ])('refuses %j', (text, error) => {
    expect(() => readPrometheus(text)).toThrow(error);
  });
});
