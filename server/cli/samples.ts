/** `millrace models samples list`, `add` and `remove`: the saved test cases that gate further versions of a model of the running host. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MillraceError } from '../base/errors.ts';
import type { TestCaseList, TestCaseView } from '../protocol/admin/test-case-view.ts';
import { HostClient } from './host-client.ts';
import { table } from './output.ts';

export interface SamplesFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly name?: string;
  readonly check?: string;
  readonly tolerance?: string;
}

/** What the file is, for the host; JSON and pictures tell themselves. */
const types: Readonly<Record<string, string>> = { '.csv': 'text/csv', '.tsv': 'text/tab-separated-values' };

export async function listSamplesCommand(model: string, flags: SamplesFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const list = await client.get<TestCaseList>(pathOf(model));
  if (flags.json === true) console.log(JSON.stringify(list, undefined, 2));
  else console.log(listText(model, list));
}

/** `path`: a file with a request as `/predict` takes it; `-` reads standard input. */
export async function addSampleCommand(model: string, path: string, flags: SamplesFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const body = await readRequest(path);
  const query = new URLSearchParams();
  for (const key of ['name', 'check', 'tolerance'] as const) {
    const value = flags[key];
    if (value !== undefined) query.set(key, value);
  }
  const type = types[extname(path).toLowerCase()] ?? 'application/octet-stream';
  const added = await client.send<TestCaseView[]>(`${pathOf(model)}?${query.toString()}`, body, type);
  if (flags.json === true) console.log(JSON.stringify(added, undefined, 2));
  else for (const each of added) console.log(`Saved ${each.id}: ${valuesText(each.expected)} is expected from now on.`);
}

export async function removeSampleCommand(model: string, id: string, flags: SamplesFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const left = await client.post<TestCaseList>(`${pathOf(model)}/${encodeURIComponent(id)}/remove`, {});
  if (flags.json === true) console.log(JSON.stringify(left, undefined, 2));
  else console.log(`Removed ${id}; ${left.cases.length} test cases are left.`);
}

function pathOf(model: string): string {
  return `/models/${encodeURIComponent(model)}/samples`;
}

async function readRequest(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(path === '-' ? await buffer(process.stdin) : await readFile(path));
  } catch (error) {
    throw new MillraceError('invalid-config', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      hint: 'Name a file with a request as /predict takes it: JSON, a picture or a CSV.',
    });
  }
}

function listText(model: string, { cases, areOwn }: TestCaseList): string {
  if (cases.length === 0) return `${model} has no test cases. Add one: millrace models samples add ${model} <file>`;
  const rows = cases.map(({ id, name, savedAt, version, inputs, expected }) => [
    id,
    name ?? '',
    savedAt?.slice(0, 10) ?? '',
    version ?? '',
    valuesText(inputs),
    valuesText(expected),
  ]);
  const lines = [table(['id', 'name', 'saved', 'version', 'input', 'expected'], rows)];
  if (!areOwn) lines.push('', 'They came with the model.');
  return lines.join('\n');
}

function valuesText(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values);
  return entries.length === 1 ? entries[0]![1] : entries.map(([name, value]) => `${name}: ${value}`).join(', ');
}
