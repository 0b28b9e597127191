/**
 * The import that this page has under way, outside React: it goes on while a person looks at other places. The job itself
 * is the host's and is followed by the live stream.
 */
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import { askApi } from '../../api/api-client.ts';
import { uploadFile } from '../../api/uploads.ts';
import type { OpenedFile } from '../../../server/protocol/desktop-bridge.ts';
import { desktop } from '../../desktop/desktop.ts';
import { liveStore } from '../../live/live-store.ts';

export type ImportPhase = 'choosing' | 'ready' | 'uploading' | 'importing' | 'failed' | 'canceled';

/** A file that is to be imported: sent by this page, or read by the host where it lies on this computer. */
export interface ChosenFile {
  readonly name: string;
  readonly size: number;
  readonly source: File | { readonly path: string };
}

export interface ImportState {
  readonly phase: ImportPhase;
  readonly file: ChosenFile | undefined;
  readonly sentBytes: number;
  readonly jobId: string | undefined;
  readonly error: Error | undefined;
}

const choosing: ImportState = {
  phase: 'choosing',
  file: undefined,
  sentBytes: 0,
  jobId: undefined,
  error: undefined,
};

let state = choosing;
let abort = new AbortController();
const listeners = new Set<() => void>();

export function importState(): ImportState {
  return state;
}

export function subscribeImport(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: Partial<ImportState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

/** A file was dropped or chosen. Ignored while another one is being sent. */
export function chooseFile(file: File): void {
  const { name, size } = file;
  // The desktop window knows where it lies, and the host is on the same computer: nothing needs to be sent.
  const path = desktop?.pathOf(file) ?? '';
  choose({ name, size, source: path === '' ? file : { path } });
}

/** A file was opened with Millrace. */
export function chooseOpened({ name, sizeBytes, path }: OpenedFile): void {
  choose({ name, size: sizeBytes, source: { path } });
}

function choose(file: ChosenFile): void {
  if (state.phase !== 'uploading') change({ ...choosing, phase: 'ready', file });
}

export function resetImport(): void {
  if (state.phase !== 'uploading') change(choosing);
}

/** Sends the chosen file and starts its import. An empty name is left to the host. */
export async function startImport(name: string): Promise<void> {
  const { file } = state;
  if (file === undefined || state.phase === 'uploading') return;
  abort = new AbortController();
  change({ phase: 'uploading', sentBytes: 0, error: undefined, jobId: undefined });
  try {
    const { source } = file;
    const origin =
      'path' in source
        ? { path: source.path }
        : { uploadId: await uploadFile(source, (sentBytes) => change({ sentBytes }), abort.signal) };
    const job = await askApi<JobView>('POST', '/imports', {
      body: { ...origin, ...(name !== '' && { name }) },
      signal: abort.signal,
    });
    liveStore.addJob(job);
    change({ phase: 'importing', jobId: job.id });
  } catch (error) {
    change(abort.signal.aborted ? { phase: 'canceled' } : { phase: 'failed', error: error as Error });
  }
}

export function cancelImport(): void {
  abort.abort();
  if (state.jobId !== undefined) {
    askApi('POST', `/jobs/${encodeURIComponent(state.jobId)}/cancel`, { body: {} }).catch((error: Error) =>
      change({ error }),
    );
  }
}
