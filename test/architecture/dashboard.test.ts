/** The dashboard in resources/ asks for metrics and labels that Millrace really has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../server/metrics/inference-metrics.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';
import { emptyHostReading } from '../fakes/host-reading.ts';
import { readPrometheus } from '../support/prometheus-reader.ts';
import { root } from './source-files.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(root, 'resources/grafana-dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};

const model = { name: 'm', version: '1' };
const graphics = [{ name: 'card', utilizationPercent: 1, memoryUsedBytes: 1, memoryTotalBytes: 1 }];
const { samples, families } = readPrometheus(
  renderMetrics(
    { ...emptyHostReading, graphics },
    [
      {
        ...model,
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
    [{ ...model, min: 1, limit: 1, wanted: 1, growths: 0, shrinks: 0 }],
  ),
);
const labelsOf = (name: string): string[] =>
  samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels));

const targets = dashboard.panels.flatMap(({ title, targets: each }) => each.map((target) => ({ title, ...target })));
const metricsIn = (expr: string): string[] => expr.match(/\b(?:nv|millrace)_[a-z0-9_]+/g) ?? [];

describe('resources/grafana-dashboard.json', () => {
  it('asks only for metrics that are served, each query for at least one', () => {
    expect(targets.length).toBeGreaterThan(20);
    for (const { title, expr } of targets) {
      const names = metricsIn(expr);
      expect(names, `${title}: ${expr}`).not.toEqual([]);
      expect(names.filter((name) => labelsOf(name).length === 0 && !samples.some((one) => one.name === name))).toEqual(
        [],
      );
    }
  });

  it('groups and filters by labels that those metrics have', () => {
    const wrong = targets.flatMap(({ title, expr, legendFormat }) => {
      const known = new Set(metricsIn(expr).flatMap(labelsOf));
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) =>
        list!.split(',').map((label) => label.trim()),
      );
      const filtered = [...expr.matchAll(/[{,]\s*(\w+)\s*=~?/g)].map(([, label]) => label!);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      return [...grouped, ...filtered, ...shown]
        .filter((label) => !known.has(label))
        .map((label) => `${title}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  it('takes rates of counters and histograms only, and nothing else of counters', () => {
    const family = (name: string): string | undefined =>
      families.get(name)?.type ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''))?.type;
    for (const { title, expr } of targets) {
      const rated = new Set(
        [...expr.matchAll(/(?:rate|increase)\(((?:nv|millrace)_[a-z0-9_]+)/g)].map(([, name]) => name),
      );
      for (const name of metricsIn(expr))
        expect(rated.has(name), `${title}: ${name} is a ${family(name)}`).toBe(family(name) !== 'gauge');
    }
  });

  it('has panels with numbers and places of their own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});
