/**
 * Reads the Prometheus text format, version 0.0.4, strictly: what Prometheus would refuse or misread throws. Written from
 * the format's description, not from our writer: https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
}

export interface Exposition {
  readonly families: ReadonlyMap<string, Family>;
  readonly samples: readonly Sample[];
}

const nameStart = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

export function readPrometheus(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('The last line has no line feed.');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let current: string | undefined;
  const closed = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# HELP ')) {
      const [, name, help] = /^# HELP (\S+) (.*)$/.exec(line)!;
      if (helps.has(name!)) throw new Error(`Two HELP lines for ${name}.`);
      helps.set(name!, help!);
    } else if (line.startsWith('# TYPE ')) {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line)!;
      if (!types.has(type!)) throw new Error(`${name} has the type ${type}.`);
      if (families.has(name!)) throw new Error(`Two TYPE lines for ${name}.`);
      if (current !== undefined) closed.add(current);
      current = name!;
      families.set(current, { type: type!, help: helps.get(current) ?? '' });
    } else if (line !== '' && !line.startsWith('#')) {
      const sample = readSample(line);
      const family = familyOf(sample.name, families);
      if (family !== current || closed.has(family)) throw new Error(`${sample.name} stands outside its group.`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
      if (seen.has(key)) throw new Error(`Two samples ${line}.`);
      seen.add(key);
      samples.push(sample);
    }
  }
  return { families, samples };
}

function familyOf(name: string, families: ReadonlyMap<string, Family>): string {
  if (families.has(name)) return name;
  const base = name.replace(/_(?:bucket|sum|count)$/, '');
  if (families.get(base)?.type === 'histogram') return base;
  throw new Error(`${name} has no TYPE.`);
}

function readSample(line: string): Sample {
  const name = nameStart.exec(line)?.[0];
  if (name === undefined) throw new Error(`No metric name in ${line}.`);
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      const label = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(line.slice(at))?.[0];
      if (label === undefined || line.slice(at + label.length, at + label.length + 2) !== '="') {
        throw new Error(`Bad label at ${at} in ${line}.`);
      }
      at += label.length + 2;
      let value = '';
      for (; line[at] !== '"'; at++) {
        if (at >= line.length) throw new Error(`A label value is not closed in ${line}.`);
        if (line[at] !== '\\') value += line[at];
        else value += escapes[line[++at]!] ?? fail(`Unknown escape in ${line}.`);
      }
      if (label in labels) throw new Error(`Label ${label} twice in ${line}.`);
      labels[label] = value;
      at++;
      if (line[at] === ',') at++;
      else if (line[at] !== '}') throw new Error(`Expected , or } at ${at} in ${line}.`);
    }
    at++;
  }
  const value = /^ (\S+)$/.exec(line.slice(at))?.[1];
  if (value === undefined) throw new Error(`No single value in ${line}.`);
  return { name, labels, value: readValue(value) };
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' };

function readValue(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  if (text === 'NaN') return NaN;
  if (!/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) throw new Error(`${text} is no number.`);
  return Number(text);
}

function fail(message: string): never {
  throw new Error(message);
}
