/** Documents that list what the code has: each list is checked in both directions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../server/gateway/error-response.ts';
import type { ErrorCode } from '../../server/base/errors.ts';
import { renderMetrics } from '../../server/metrics/inference-metrics.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';
import { emptyHostReading } from '../fakes/host-reading.ts';
import { root, sourceFiles } from './source-files.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** First cells of a document's tables that hold one word in backquotes. */
function tableCodes(path: string): string[] {
  return [...read(path).matchAll(/^\| `([a-z0-9_-]+)` +\|/gm)].map((match) => match[1]!).toSorted();
}

describe('docs/errors.md', () => {
  const codes = [...read('server/base/errors.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm)]
    .map((match) => match[1]!)
    .toSorted();

  it('lists exactly the error codes', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(tableCodes('docs/errors.md')).toEqual(codes);
  });

  it('gives each code the status that clients get', () => {
    const documented = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` +\| (\d{3}|-) +\|/gm)];
    const wrong = documented.filter(
      ([, code, status]) => status !== '-' && statusOf(code as ErrorCode) !== Number(status),
    );
    expect(documented).toHaveLength(codes.length);
    expect(wrong.map(([line]) => line)).toEqual([]);
  });

  it('has a use in the code for each of them', () => {
    const texts = sourceFiles('server')
      .filter(({ path }) => !/errors\.ts|error-response\.ts/.test(path))
      .map(({ text }) => text);
    expect(codes.filter((code) => !texts.some((text) => text.includes(`'${code}'`)))).toEqual([]);
  });
});

describe('docs/metrics.md', () => {
  it('lists exactly the metrics that are served', () => {
    const page = renderMetrics(
      emptyHostReading,
      [
        {
          name: 'm',
          version: '1',
          statistics: new ModelStatistics(),
          queued: 0,
          inFlight: 0,
          desiredReplicas: 0,
          readyReplicas: 0,
          restarts: 0,
          ready: true,
          replicaRssBytes: 0,
        },
      ],
      [],
    );
    const served = [...page.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]!).toSorted();
    expect(tableCodes('docs/metrics.md')).toEqual(served);
  });
});

describe('docs/configuration.md', () => {
  it('names every setting of a host and of a model', () => {
    const text = read('docs/configuration.md');
    const names = (source: string, pattern: RegExp): string[] =>
      [...source.matchAll(pattern)].map((match) => match[1]!);
    const config = read('server/config.ts');
    const schema = config.slice(config.indexOf('limitsSchema ='), config.indexOf('export type Config'));
    const settings = [
      ...names(schema, /^ {2,6}(\w+): /gm),
      ...names(read('server/models/manifest.ts'), /^ {2}readonly (\w+)\??: /gm),
    ];
    expect(settings.length).toBeGreaterThan(30);
    expect([...new Set(settings)].filter((name) => !text.includes(name))).toEqual([]);
  });
});
