/** `millrace bench`: a load test from the command line. What is asked for is bench-plan.ts; the test itself is server/loadtest. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseTrace } from '../autoscaler/trace.ts';
import type { Trace } from '../autoscaler/trace.ts';
import { MillraceError } from '../base/errors.ts';
import { htmlReport } from '../loadtest/html-report.ts';
import { runLoadProcess } from '../loadtest/load-process.ts';
import type { SampleRows } from '../loadtest/request-inputs.ts';
import { parseSamples, plainInputs } from '../models/samples.ts';
import { version } from '../version.ts';
import { planOf, targetOfUrl } from './bench-plan.ts';
import type { BenchFlags, BenchTarget } from './bench-plan.ts';
import { benchText, snapshotText } from './bench-text.ts';
import { HostClient } from './host-client.ts';
import { LiveLine } from './live-line.ts';
import { exitCodes } from './output.ts';

/** Prints the result. Exit code 1 where nothing was answered or no rate holds the goal. */
export async function benchCommand(name: string, flags: BenchFlags): Promise<void> {
  const { target, modelsFolder, headers } = await targetOf(name, flags);
  const asked = planOf(target, flags, await traceOf(flags));
  const plan = { ...asked, headers: { ...headers, ...asked.headers } };
  const samples = await samplesOf(target, flags, modelsFolder);
  // Before the test: a result that cannot be kept is not worth waiting for.
  for (const path of [flags.out, flags.html]) if (path !== undefined) await checkWritable(path);
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.failed);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const line = new LiveLine();
  try {
    const result = await runLoadProcess(plan, {
      samples,
      signal: abort.signal,
      onProgress: (snapshot) => line.show(snapshotText(snapshot)),
    });
    line.end();
    const shown = { ...result, plan: { ...plan, headers: namesOnly(plan.headers) } };
    if (flags.out !== undefined) await writeFile(flags.out, JSON.stringify(shown, undefined, 2));
    if (flags.html !== undefined) await writeFile(flags.html, htmlReport(shown, `Made by Millrace ${version}.`));
    console.log(flags.json === true ? JSON.stringify(shown) : benchText(shown));
    const isWithoutResult =
      (result.measurement?.counts.answered ?? 0) === 0 ||
      (result.search !== undefined && result.search.perSecond === undefined);
    if (isWithoutResult || result.aborted) process.exitCode = exitCodes.failed;
  } finally {
    line.end();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function targetOf(
  name: string,
  flags: BenchFlags,
): Promise<{
  readonly target: BenchTarget;
  readonly modelsFolder: string | undefined;
  /** With the key that this host needs. */
  readonly headers: Readonly<Record<string, string>>;
}> {
  const target = targetOfUrl(name, flags);
  if (target !== undefined) return { target, modelsFolder: undefined, headers: {} };
  const client = await HostClient.find(flags.data);
  const status = await client.status();
  if (!status.models.some((model) => model.name === name)) {
    const names = status.models.map((model) => model.name).join(', ');
    throw new MillraceError('unknown-model', `The running host has no model ${name}.`, {
      hint: `It has ${names || 'none'}.`,
    });
  }
  return {
    target: { url: client.run.inferenceUrl, model: name, version: flags.version },
    modelsFolder: status.modelsFolder,
    headers: await client.inferenceHeaders('infer'),
  };
}

async function traceOf(flags: BenchFlags): Promise<Trace | undefined> {
  if (flags.trace === undefined) return undefined;
  const trace = parseTrace(parseJson(await read(flags.trace, 'trace'), flags.trace), basename(flags.trace));
  for (const warning of trace.warnings) console.error(`millrace: ${warning}`);
  return trace;
}

/** The named file's, else those that lie beside the model on this machine; without either, numbers are made up. */
async function samplesOf(
  { model }: BenchTarget,
  flags: BenchFlags,
  modelsFolder: string | undefined,
): Promise<SampleRows | undefined> {
  if (flags.samples !== undefined) return parseSamples(await read(flags.samples, 'samples')).inputs;
  if (modelsFolder === undefined || flags.random === true) return undefined;
  try {
    return plainInputs(parseSamples(await readFile(join(modelsFolder, model, 'samples.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('invalid-config', `The ${what} ${path} cannot be read.`, {
      hint: 'Check the path.',
      cause,
    });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('invalid-config', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function checkWritable(path: string): Promise<void> {
  try {
    await (await open(path, 'a')).close();
  } catch (cause) {
    throw new MillraceError('invalid-config', `The file ${path} cannot be written.`, {
      hint: 'Check that its folder is there and may be written.',
      cause,
    });
  }
}

/** A key belongs into no report. */
function namesOnly(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, '(not shown)']));
}
