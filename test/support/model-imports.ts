/** Imports for tests that need no runtime: a data folder of their own, and a trial that answers at once. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { importModels } from '../../server/models/import.ts';
import type { ImportedVersion, ImportReport, ImportRequest, RefusedVersion } from '../../server/models/import.ts';
import type { TrialRequest } from '../../server/models/trial.ts';
import type { TrialResult } from '../../server/models/version-record.ts';

export class ImportBench implements AsyncDisposable {
  readonly folder: string;
  readonly data: string;
  readonly trials: TrialRequest[] = [];
  /** What the next trials find. */
  signature: TrialResult['signature'] = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
  };

  private constructor(folder: string) {
    this.folder = folder;
    this.data = join(folder, 'data');
  }

  static async open(): Promise<ImportBench> {
    return new ImportBench(await realpath(await mkdtemp(join(tmpdir(), 'millrace-import-'))));
  }

  /** Writes a file below the bench's `in` folder; gives its path. */
  async put(path: string, content: Uint8Array | string): Promise<string> {
    const absolute = join(this.folder, 'in', path);
    await mkdir(dirname(absolute), { recursive: true });
    await writeFile(absolute, content);
    return absolute;
  }

  path(path = ''): string {
    return join(this.folder, 'in', path);
  }

  import(path: string, rest: Partial<ImportRequest> = {}): Promise<ImportReport> {
    return importModels({
      path,
      dataDirectory: this.data,
      tryModel: async (request) => {
        this.trials.push(request);
        return {
          signature: this.signature,
          batching: 'Tried.',
          maxBatchSize: 64,
          loadMs: 1,
          rssBytes: 1,
          peakRssBytes: 1,
          samples: undefined,
        };
      },
      ...rest,
    });
  }

  /** The one version that an import published or found. */
  async imported(path: string, rest: Partial<ImportRequest> = {}): Promise<ImportedVersion> {
    const [only] = (await this.import(path, rest)).versions;
    if (only === undefined || only.state === 'refused') throw only?.error ?? new Error('Nothing was imported.');
    return only;
  }

  async refused(path: string, rest: Partial<ImportRequest> = {}): Promise<RefusedVersion['error']> {
    const [only] = (await this.import(path, rest)).versions;
    if (only?.state !== 'refused') throw new Error('It was not refused.');
    return only.error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
