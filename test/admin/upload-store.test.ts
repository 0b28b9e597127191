import type { IncomingMessage } from 'node:http';
import { mkdtemp, readdir, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UploadStore } from '../../server/admin/upload-store.ts';
import { newUploadSchema } from '../../server/protocol/admin/upload-view.ts';

const hour = 3_600_000;
let folder = '';
let nowMs = 1_000_000;
let free = 1e9;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-upload-store-'));
  nowMs = 1_000_000;
  free = 1e9;
});
afterEach(() => rm(folder, { recursive: true }));

async function open(): Promise<UploadStore> {
  const uploads = new UploadStore({
    folder: join(folder, 'uploads'),
    now: () => nowMs,
    freeBytes: () => Promise.resolve(free),
  });
  await uploads.open();
  return uploads;
}

/** As much of a request as the store reads: its body, and whether it is complete. */
function body(bytes: number): IncomingMessage {
  return Object.assign(Readable.from(bytes === 0 ? [] : [Buffer.alloc(bytes)]), {
    complete: true,
  }) as unknown as IncomingMessage;
}

const announced = { fileName: 'a.onnx', sizeBytes: 100 };

describe('an upload', () => {
  it('goes a day after its last byte, and not before', async () => {
    const uploads = await open();
    const { id } = await uploads.create(announced);
    nowMs += 23 * hour;
    await uploads.append(id, 0, body(10));
    nowMs += 23 * hour;
    await uploads.create(announced);
    expect(uploads.find(id).offsetBytes).toBe(10);
    nowMs += hour;
    await uploads.create(announced);
    expect(() => uploads.find(id)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
    expect(await readdir(join(folder, 'uploads'))).toHaveLength(2);
  });

  it('stays while it is being imported, however old', async () => {
    const uploads = await open();
    const { id } = await uploads.create(announced);
    await uploads.append(id, 0, body(100));
    const taken = uploads.take(id);
    nowMs += 48 * hour;
    await uploads.create(announced);
    expect(uploads.find(id).offsetBytes).toBe(100);
    await taken.release(false);
    expect(() => uploads.find(id)).toThrow();
  });

  it('is taken up by the next run as far as it had come, and what is no upload is cleared away', async () => {
    const before = await open();
    const { id } = await before.create(announced);
    await before.append(id, 0, body(40));
    await mkdir(join(folder, 'uploads', 'f'.repeat(32)));
    await mkdir(join(folder, 'uploads', 'e'.repeat(32), 'file'), { recursive: true });
    await writeFile(
      join(folder, 'uploads', 'e'.repeat(32), 'announced.json'),
      '{"fileName":"../x","sizeBytes":1,"usedMs":0}',
    );
    await writeFile(join(folder, 'uploads', 'stray'), '');
    const after = await open();
    expect(after.list()).toMatchObject([{ id, fileName: 'a.onnx', offsetBytes: 40 }]);
    expect(await readdir(join(folder, 'uploads'))).toEqual([id]);
    expect(await after.append(id, 40, body(60))).toMatchObject({ offsetBytes: 100 });
  });

  it('needs room beside what others have been promised', async () => {
    const uploads = await open();
    free = 2_000_150;
    await uploads.create({ ...announced, sizeBytes: 1_000_100 });
    await expect(uploads.create({ ...announced, sizeBytes: 100 })).rejects.toThrow(/free/);
    expect(uploads.list()).toHaveLength(1);
    await uploads.create({ ...announced, sizeBytes: 50 });
  });

  it('is not imported twice at once, and can be after it was given back', async () => {
    const uploads = await open();
    const { id } = await uploads.create(announced);
    expect(() => uploads.take(id)).toThrow(expect.objectContaining({ code: 'conflict' }) as Error);
    await uploads.append(id, 0, body(100));
    const taken = uploads.take(id);
    expect(() => uploads.take(id)).toThrow(expect.objectContaining({ code: 'conflict' }) as Error);
    await expect(uploads.append(id, 100, body(0))).rejects.toMatchObject({ code: 'conflict' });
    await expect(uploads.remove(id)).rejects.toMatchObject({ code: 'conflict' });
    await taken.release(true);
    await uploads.take(id).release(true);
    await uploads.remove(id);
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });
});

describe('a file name', () => {
  it.each(['', '.\u0000', 'a/b', 'a\\b', 'a\nb', 'a\u202Eb', 'a\u200Bb', 'x'.repeat(256)])('%j is none', (fileName) => {
    expect(newUploadSchema.safeParse({ fileName, sizeBytes: 1 }).success).toBe(false);
  });

  it.each(['model.onnx', 'My model (2).onnx', 'größe.zip', '模型.onnx', '..'])(
    '%j is one: it is only shown',
    (fileName) => {
      expect(newUploadSchema.safeParse({ fileName, sizeBytes: 1 }).success).toBe(true);
    },
  );
});
