/** Imports as jobs: a file that was uploaded, or a path on this machine, through the same gate as on the command line. */
import { basename, isAbsolute } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { importModels } from '../models/import.ts';
import type { ImportReport } from '../models/import.ts';
import { stepLabel } from '../models/import-steps.ts';
import { importReportView } from '../models/import-view.ts';
import type { TryModel } from '../models/trial.ts';
import { newImportSchema } from '../protocol/admin/import-report.ts';
import type { NewImport } from '../protocol/admin/import-report.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';
import type { TakenUpload, UploadStore } from './upload-store.ts';

export interface ImportRouteParts {
  readonly jobs: JobList;
  readonly uploads: UploadStore;
  readonly dataDirectory: string;
  readonly tryModel: TryModel;
  /** Hears of what is in the store now. True where the host serves it, false where that needs a restart. */
  onImported(report: ImportReport): boolean | Promise<boolean>;
}

export function importRoutes(parts: ImportRouteParts): AdminRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/imports',
      noun: 'models',
      summary:
        'Import an uploaded file, or a path on this machine: checked, tried and stored by a job whose result is the report',
      body: newImportSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body }) => startImport(parts, body),
    }),
  ];
}

function startImport(parts: ImportRouteParts, wish: NewImport): JobView {
  if (wish.path !== undefined && !isAbsolute(wish.path)) {
    throw new MillraceError(
      'invalid-request',
      'The path is not absolute, and what it is relative to only the caller knows.',
      {
        hint: 'Send the whole path, or upload the file.',
      },
    );
  }
  const upload = wish.uploadId === undefined ? undefined : parts.uploads.take(wish.uploadId);
  const shownAs = upload?.fileName ?? basename(wish.path!);
  try {
    return parts.jobs.start({
      kind: 'import',
      title: `Import ${shownAs}`,
      command: commandOf(wish, shownAs),
      unit: 'bytes',
      run: (signal, onProgress) => runImport(parts, wish, upload, signal, onProgress),
    });
  } catch (error) {
    void upload?.release(true);
    throw error;
  }
}

/** The upload goes once its model is in the store or the import was canceled; after a refusal it can be tried otherwise. */
async function runImport(
  parts: ImportRouteParts,
  wish: NewImport,
  upload: TakenUpload | undefined,
  signal: AbortSignal,
  onProgress: (progress: JobView['progress']) => void,
): Promise<unknown> {
  let isDone = false;
  try {
    const report = await importModels({
      path: upload?.path ?? wish.path!,
      shownAs: upload?.fileName,
      dataDirectory: parts.dataDirectory,
      name: wish.name,
      version: wish.version,
      skipSamples: wish.skipSamples ?? false,
      tryModel: parts.tryModel,
      signal,
      onProgress: (progress) =>
        onProgress({
          step: stepLabel(progress),
          done: progress.doneBytes,
          total: progress.totalBytes,
          unit: 'bytes',
        }),
    });
    const [only, ...others] = report.versions;
    if (only?.state === 'refused' && others.length === 0) throw only.error;
    isDone = report.versions.every(({ state }) => state !== 'refused');
    const isServed = await parts.onImported(report);
    return importReportView(report, !isServed);
  } finally {
    await upload?.release(!isDone && !signal.aborted);
  }
}

/** What a person would type; an uploaded file has no path that we know. */
function commandOf({ path, name, version, skipSamples }: NewImport, shownAs: string): string {
  const words = ['millrace', 'models', 'import', quoted(path ?? shownAs)];
  if (name !== undefined) words.push('--name', name);
  if (version !== undefined) words.push('--version', version);
  if (skipSamples === true) words.push('--no-samples');
  return words.join(' ');
}

function quoted(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path.replaceAll('"', '\\"')}"`;
}
