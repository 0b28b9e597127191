/** Makes a source of its settings. S3's code is loaded here, and only for S3. */
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import { DirectorySource } from './directory-source.ts';
import type { ModelSource } from './model-source.ts';
import { SecretsFile } from './secrets-file.ts';

/** The caller closes it. Throws `source-failed` for an endpoint that must not be asked, `storage-failed` for secrets.json. */
export async function openModelSource(settings: SourceSettings, dataDirectory: string): Promise<ModelSource> {
  if (settings.kind === 'directory') return new DirectorySource(settings);
  const key = settings.anonymous ? undefined : await new SecretsFile(dataDirectory).keyOf(settings.name);
  const { S3Source } = await import('./s3-source.ts');
  return S3Source.open(settings, key);
}
