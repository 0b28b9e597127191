import { describe, expect, it } from 'vitest';
import { newSourceSchema } from '../../../../server/protocol/admin/source-view.ts';
import { draftFaults, emptyDraft, newSource, sourceCommand } from '../../../../renderer/places/sources/new-source.ts';

const folder = { ...emptyDraft, name: 'usb', path: ' /mnt/models ' };
const bucket = {
  ...emptyDraft,
  kind: 's3' as const,
  name: 'factory',
  bucket: 'models',
  prefix: 'prod',
  endpoint: 'http://minio:9000',
  allowPrivateEndpoint: true,
  accessKeyId: 'AK',
  secretAccessKey: 'hidden-secret',
};

describe('a new source', () => {
  it('is what the host takes', () => {
    for (const draft of [
      folder,
      bucket,
      { ...bucket, endpoint: '', accessKeyId: '', secretAccessKey: '', region: '' },
    ]) {
      expect(draftFaults(draft)).toEqual([]);
      expect(newSourceSchema.safeParse(newSource(draft)).error).toBeUndefined();
    }
    expect(newSource(folder).settings).toMatchObject({ path: '/mnt/models', everySeconds: 300 });
  });

  it.each([
    [{ name: 'Upper' }, 'name'],
    [{ name: '' }, 'name'],
    [{ bucket: ' ' }, 'place'],
    [{ secretAccessKey: '' }, 'key'],
    [{ everyMinutes: '-1' }, 'minutes'],
    [{ everyMinutes: '2000' }, 'minutes'],
  ])('with %j is not sent', (change, fault) => {
    expect(draftFaults({ ...bucket, ...change })).toEqual([fault]);
  });

  it('has a command without the secret', () => {
    expect(sourceCommand(bucket)).toBe(
      'npx millrace sources add factory s3://models/prod --endpoint http://minio:9000 --allow-private-endpoint --store-key',
    );
    expect(sourceCommand(bucket)).not.toContain('hidden-secret');
    expect(sourceCommand({ ...folder, promote: false, everyMinutes: '0' })).toMatch(/--every 0 --no-promote$/);
  });
});
