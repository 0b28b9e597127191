/** From the fields of the form to a source: the request, the command, and what keeps it from being made. Pure. */
import type { SourceSettings } from '../../../server/protocol/admin/source-settings.ts';
import type { NewSource } from '../../../server/protocol/admin/source-view.ts';

export interface SourceDraft {
  readonly kind: SourceSettings['kind'];
  readonly name: string;
  /** Of a folder. */
  readonly path: string;
  /** Of S3. */
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string;
  readonly region: string;
  readonly allowPrivateEndpoint: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** New versions go live by themselves. */
  readonly promote: boolean;
  readonly everyMinutes: string;
}

export const emptyDraft: SourceDraft = {
  kind: 'directory',
  name: '',
  path: '',
  bucket: '',
  prefix: '',
  endpoint: '',
  region: 'us-east-1',
  allowPrivateEndpoint: false,
  accessKeyId: '',
  secretAccessKey: '',
  promote: true,
  everyMinutes: '5',
};

export type DraftFault = 'name' | 'place' | 'key' | 'minutes';

export function draftFaults(draft: SourceDraft): DraftFault[] {
  const faults: DraftFault[] = [];
  if (!/^[a-z0-9](?:[a-z0-9-]{0,31}[a-z0-9])?$/.test(draft.name)) faults.push('name');
  if ((draft.kind === 's3' ? draft.bucket : draft.path).trim() === '') faults.push('place');
  if (draft.kind === 's3' && (draft.accessKeyId === '') !== (draft.secretAccessKey === '')) faults.push('key');
  if (!/^\d{1,4}$/.test(draft.everyMinutes) || Number(draft.everyMinutes) > 1440) faults.push('minutes');
  return faults;
}

/** Of a draft without faults. */
export function newSource(draft: SourceDraft): NewSource {
  const { kind, name, promote, accessKeyId, secretAccessKey } = draft;
  const common = {
    name,
    promote,
    everySeconds: Number(draft.everyMinutes) * 60,
    paused: false,
    models: ['*'],
    versions: 1,
  };
  if (kind === 'directory') return { settings: { ...common, kind, path: draft.path.trim() } };
  const { bucket, prefix, endpoint, region, allowPrivateEndpoint } = draft;
  return {
    settings: {
      ...common,
      kind,
      bucket: bucket.trim(),
      prefix: prefix.trim(),
      region: region.trim() === '' ? 'us-east-1' : region.trim(),
      ...(endpoint.trim() !== '' && { endpoint: endpoint.trim() }),
      allowPrivateEndpoint,
      anonymous: false,
    },
    ...(accessKeyId !== '' && { key: { accessKeyId, secretAccessKey } }),
  };
}

/** A key is asked for by the command and is never part of it. */
export function sourceCommand(draft: SourceDraft): string {
  const words = ['npx millrace sources add', draft.name || '<name>'];
  if (draft.kind === 'directory') words.push(draft.path || '<folder>');
  else {
    words.push(`s3://${draft.bucket || '<bucket>'}${draft.prefix === '' ? '' : `/${draft.prefix}`}`);
    if (draft.endpoint !== '') words.push('--endpoint', draft.endpoint);
    if (draft.region !== 'us-east-1' && draft.region !== '') words.push('--region', draft.region);
    if (draft.allowPrivateEndpoint) words.push('--allow-private-endpoint');
    if (draft.accessKeyId !== '') words.push('--store-key');
  }
  if (draft.everyMinutes !== '5') words.push('--every', String(Number(draft.everyMinutes) * 60));
  if (!draft.promote) words.push('--no-promote');
  return words.join(' ');
}
