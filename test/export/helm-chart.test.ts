/** The chart by small means; test/integration/helm-chart.test.ts renders it where Helm is installed. */
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { chartFiles, chartValues } from '../../server/export/helm-chart.ts';
import { factsOf, wishesOf } from './export-wishes.ts';

const files = chartFiles(factsOf(), wishesOf({ form: 'helm' }));
const templates = files.filter(({ path }) => path.startsWith('templates/'));
const values = parse(files.find(({ path }) => path === 'values.yaml')!.text) as Record<string, unknown>;

describe('the chart', () => {
  it('has its description, its values and a template for each kind of object', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'Chart.yaml',
      'values.yaml',
      '.helmignore',
      'templates/NOTES.txt',
      'templates/_names.tpl',
      'templates/autoscaler.yaml',
      'templates/deployment.yaml',
      'templates/disruption-budget.yaml',
      'templates/service.yaml',
      'templates/settings.yaml',
    ]);
    expect(parse(files[0]!.text)).toMatchObject({ apiVersion: 'v2', name: 'millrace', appVersion: '0.1.0' });
  });

  it('asks for no value that values.yaml does not have, and leaves none of them unused', () => {
    const asked = templates.flatMap(({ text }) =>
      [...text.matchAll(/\.Values\.([A-Za-z0-9.]+)/g)].map((match) => match[1]!),
    );
    expect(asked.length).toBeGreaterThan(12);
    for (const path of asked) {
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], values);
      expect(value, path).toBeDefined();
    }
    const used = new Set(asked.map((path) => path.split('.')[0]));
    expect(Object.keys(values).filter((key) => !used.has(key))).toEqual([]);
  });

  it('opens and closes its blocks', () => {
    for (const { path, text } of templates) {
      const opened = text.match(/\{\{-? (?:if|with|range|define) /g)?.length ?? 0;
      expect(text.match(/\{\{-? end \}\}/g)?.length ?? 0, path).toBe(opened);
      expect(text.split('{{').length, path).toBe(text.split('}}').length);
    }
  });
});

describe('an image as values', () => {
  it.each([
    ['millrace', 'millrace', ':latest'],
    ['images.factory:5000/ml/millrace', 'images.factory:5000/ml/millrace', ':latest'],
    ['images.factory:5000/ml/millrace:1.2', 'images.factory:5000/ml/millrace', ':1.2'],
    [`m@sha256:${'a'.repeat(64)}`, 'm', `@sha256:${'a'.repeat(64)}`],
    [undefined, 'millrace', ':0.1.0'],
  ])('%s is %s and %s', (image, repository, tag) => {
    const wishes = wishesOf(image === undefined ? {} : { image });
    expect(chartValues(factsOf(), wishes)['image']).toMatchObject({ repository, tag });
  });
});
