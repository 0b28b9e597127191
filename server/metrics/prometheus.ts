/**
 * Writes the Prometheus text format (version 0.0.4) from values that others keep. It keeps none, so that recording a request
 * costs a few additions and scraping pays for the text.
 */
import type { Histogram } from './histogram.ts';

export type Labels = Readonly<Record<string, string>>;

export class PrometheusText {
  readonly #lines: string[] = [];

  /** Declares a metric and writes its samples. One call per metric name. */
  metric(
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    samples: Iterable<{ readonly labels?: Labels; readonly value: number }>,
  ): void {
    this.#declare(type, name, help);
    for (const { labels, value } of samples) this.#lines.push(`${name}${labelText(labels)} ${numberText(value)}`);
  }

  histogram(
    name: string,
    help: string,
    samples: Iterable<{ readonly labels?: Labels; readonly histogram: Histogram }>,
  ): void {
    this.#declare('histogram', name, help);
    for (const { labels, histogram } of samples) {
      let cumulative = 0;
      for (const [index, bound] of [...histogram.bounds, Infinity].entries()) {
        cumulative += histogram.counts[index]!;
        this.#lines.push(`${name}_bucket${labelText({ ...labels, le: numberText(bound) })} ${cumulative}`);
      }
      this.#lines.push(`${name}_sum${labelText(labels)} ${numberText(histogram.sum)}`);
      this.#lines.push(`${name}_count${labelText(labels)} ${histogram.count}`);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #declare(type: string, name: string, help: string): void {
    this.#lines.push(
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
    );
  }
}

function labelText(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
