/** `millrace doctor`: by the running host, which knows more, or without one from what is on this computer. */
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { offlineDoctor } from '../host/offline-doctor.ts';
import { findingsText } from '../host/doctor-desk.ts';
import type { BundleView, DoctorView } from '../protocol/admin/doctor-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { exitCodes } from './output.ts';
import { Progress } from './progress.ts';

export interface DoctorFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly deep?: boolean;
  readonly bundle?: string;
}

/** Exit code 1 where something failed. */
export async function doctorCommand(flags: DoctorFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  const progress = new Progress();
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.once('SIGINT', onSignal);
  const onStep = (step: string): void => progress.update(step, 0, 0);
  try {
    const doctor = client === undefined ? await localDoctor(flags.data) : remoteDoctor(client, abort.signal, onStep);
    const found = await doctor.examine(flags.deep === true, abort.signal, onStep);
    const saved =
      flags.bundle === undefined ? undefined : await doctor.save(resolve(flags.bundle), abort.signal, onStep);
    progress.end();
    print(found, saved, flags);
    if (found.findings.some(({ state }) => state === 'failed')) process.exitCode = exitCodes.failed;
  } finally {
    progress.end();
    process.off('SIGINT', onSignal);
  }
}

interface Doctor {
  examine(isDeep: boolean, signal: AbortSignal, onStep: (step: string) => void): Promise<DoctorView>;
  save(path: string, signal: AbortSignal, onStep: (step: string) => void): Promise<BundleView>;
}

async function localDoctor(dataDirectory: string): Promise<Doctor> {
  const desk = await offlineDoctor(dataDirectory);
  return {
    examine: (...asked) => desk.examine(...asked),
    async save(path, signal, onStep) {
      const bundle = await desk.makeBundle(signal, onStep);
      await pipeline(desk.bundleZip(bundle.id, []), createWriteStream(path)).catch(notWritten(path));
      return bundle;
    },
  };
}

function remoteDoctor(client: HostClient, signal: AbortSignal, onStep: (step: string) => void): Doctor {
  const run = async <Result>(path: string, body: object): Promise<Result> => {
    const started = await client.post<JobView>(path, body);
    const done = await followJob(client, started, ({ step }) => onStep(step), signal);
    return done.result as Result;
  };
  return {
    examine: (isDeep) => run<DoctorView>('/doctor', { isDeep }),
    async save(path) {
      const bundle = await run<BundleView>('/diagnostics', {});
      await writeFile(path, await client.bytes(`/diagnostics/${bundle.id}/zip`)).catch(notWritten(path));
      return bundle;
    },
  };
}

function notWritten(path: string): (error: Error) => never {
  return (cause) => {
    throw new MillraceError('storage-failed', `${path} cannot be written: ${cause.message}`, {
      hint: 'Choose another file.',
      cause,
    });
  };
}

function print(found: DoctorView, saved: BundleView | undefined, { json = false, bundle }: DoctorFlags): void {
  if (json) {
    console.log(JSON.stringify({ ...found, ...(saved !== undefined && { bundle: saved }) }, undefined, 2));
    return;
  }
  console.log(findingsText(found).trimEnd());
  if (saved === undefined) return;
  const names = saved.files.map(({ name }) => name).join(', ');
  console.log(
    `\n${bundle} has ${names}; ${saved.removedSecrets} secrets were taken out. Look into it before you send it.`,
  );
}
