/** What the store knows of a version that is served: read once from its record, because it never changes. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseRecord } from '../models/version-record.ts';

export interface VersionFacts {
  readonly sizeBytes: number;
  /** Undefined for a version of a plain folder. */
  readonly digest: string | undefined;
  readonly importedAt: string | undefined;
}

export async function readVersionFacts(version: {
  readonly modelPath: string;
  readonly sizeBytes: number;
}): Promise<VersionFacts> {
  const text = await readFile(join(dirname(version.modelPath), 'version.json'), 'utf8').catch(() => '');
  const record = parseRecord(text);
  const files = Object.values(record?.files ?? {});
  return {
    sizeBytes: files.length === 0 ? version.sizeBytes : files.reduce((sum, file) => sum + file.sizeBytes, 0),
    digest: record?.digest,
    importedAt: record?.importedAt,
  };
}
