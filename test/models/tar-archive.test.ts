import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { extractTar, isTar } from '../../server/models/tar-archive.ts';
import { tar } from '../support/tar-writer.ts';
import type { TarEntry } from '../support/tar-writer.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tar-'));
});
afterEach(() => rm(folder, { recursive: true }));

const into = (): string => join(folder, 'inner', 'unpacked');

async function extract(
  bytes: Uint8Array,
  checkSpace: (bytes: number) => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<number> {
  await writeFile(join(folder, 'm.tar'), bytes);
  let doneBytes = 0;
  const onBytes = (bytesSoFar: number): void => void (doneBytes = bytesSoFar);
  await extractTar(join(folder, 'm.tar'), 'm.tar', into(), { checkSpace, onBytes, signal });
  return doneBytes;
}

const file = (name: string, content: Uint8Array | string = 'x', rest: Partial<TarEntry> = {}): TarEntry => ({
  name,
  content,
  ...rest,
});
const large = 'abc'.repeat(100_000);
const good = [
  file('./', '', { type: '5' }),
  file('./iris/', '', { type: '5' }),
  file('./iris/1/model.onnx', large),
  file('iris/labels.txt', 'a\nb'),
];

describe('extractTar', () => {
  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['compressed by gzip', gzipSync],
  ])('unpacks files in their folders, %s', async (_what, pack) => {
    const needed: number[] = [];
    const done = await extract(pack(tar(good)), async (bytes) => void needed.push(bytes));
    expect(await readFile(join(into(), 'iris/1/model.onnx'), 'utf8')).toBe(large);
    expect(await readFile(join(into(), 'iris/labels.txt'), 'utf8')).toBe('a\nb');
    expect(needed).toEqual([large.length + 3]);
    expect(done).toBe(large.length + 3);
  });

  it('is told by its first bytes', async () => {
    const path = join(folder, 'x');
    for (const [bytes, expected] of [
      [tar(good), true],
      [gzipSync(tar(good)), true],
      [Buffer.from('PK\x03\x04'), false],
      [Buffer.alloc(600), false],
      [Buffer.alloc(0), false],
    ] as const) {
      await writeFile(path, bytes);
      expect(await isTar(path)).toBe(expected);
    }
  });

  it.each<[string, TarEntry[], RegExp]>([
    ['a path out of it', [file('a/../../evil')], /leads out of the archive/],
    ['a path out of it behind a dot', [file('./../evil')], /leads out of the archive/],
    ['a path out of it with backslashes', [file('a\\..\\..\\evil')], /leads out of the archive/],
    ['an absolute path', [file('/etc/evil')], /absolute path/],
    ['a path on a drive', [file('C:/evil')], /absolute path/],
    ['a symbolic link', [file('model.onnx', '', { type: '2', link: '/etc/passwd' })], /link or a device/],
    ['a hard link', [file('model.onnx', '', { type: '1', link: '/etc/passwd' })], /link or a device/],
    ['a device', [file('model.onnx', '', { type: '3' })], /link or a device/],
    ['a pipe', [file('model.onnx', '', { type: '6' })], /link or a device/],
    ['names that differ in case only', [file('m/Model.onnx'), file('m/model.onnx')], /same name as "m\/Model\.onnx"/],
    ['a name twice', [file('model.onnx'), file('./model.onnx')], /same name/],
    ['a file that is a folder too', [file('m'), file('m/model.onnx')], /both a file and a folder/],
    ['a Windows device', [file('m/nul.onnx')], /no plain file name/],
    ['a dot at the end', [file('m./model.onnx')], /no plain file name/],
  ])('refuses %s and writes nothing', async (_what, entries, words) => {
    for (const pack of [(bytes: Buffer) => bytes, gzipSync]) {
      await expect(extract(pack(tar([file('good.onnx'), ...entries])))).rejects.toMatchObject({
        code: 'model-refused',
        message: expect.stringMatching(words) as string,
      });
      expect(existsSync(into())).toBe(false);
    }
    expect(await readdir(folder)).toEqual(['m.tar']);
  });

  it('refuses what unpacks to far more than its size before it is written', async () => {
    const bomb = gzipSync(tar([file('model.onnx', Buffer.alloc(120_000_000))]));
    await expect(extract(bomb)).rejects.toMatchObject({ details: { reason: 'tar-bomb' } });
    expect(existsSync(into())).toBe(false);
  });

  it('refuses a claim of more than twenty gigabytes by its head alone', async () => {
    const liar = tar([file('a.onnx', 'x', { claimedBytes: 8_000_000_000 })]);
    await expect(extract(liar)).rejects.toMatchObject({ code: 'model-refused' });
    expect(existsSync(into())).toBe(false);
  });

  it('refuses what is cut off, damaged or empty', async () => {
    const whole = gzipSync(tar(good));
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      gzipSync(Buffer.from('no tar')),
      tar(good).subarray(0, 5000),
      tar([]),
    ]) {
      await expect(extract(bytes)).rejects.toMatchObject({ code: 'model-refused', details: { reason: 'tar-broken' } });
      await rm(join(folder, 'inner'), { recursive: true, force: true });
    }
  });

  it('names other models by what they are', async () => {
    await expect(extract(tar([file('archive/data.pkl'), file('archive/version')]))).rejects.toMatchObject({
      message: expect.stringContaining('PyTorch') as string,
    });
  });

  it('stops at once when it is told to', async () => {
    await expect(extract(tar(good), async () => {}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('passes on what the disk says', async () => {
    const full = new MillraceError('disk-full', 'The disk is full.');
    await expect(extract(tar(good), () => Promise.reject(full))).rejects.toBe(full);
    expect(existsSync(into())).toBe(false);
  });

  it('never hangs and never writes outside, whatever byte is changed', async () => {
    const bytes = gzipSync(tar([file('m/model.onnx', 'weights'), file('m/labels.txt', 'a')]));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        await extract(changed).catch((error: unknown) => expect(error).toMatchObject({ code: 'model-refused' }));
        expect((await readdir(folder)).filter((name) => name !== 'inner')).toEqual(['m.tar']);
        await rm(join(folder, 'inner'), { recursive: true, force: true });
      }),
      { numRuns: 150 },
    );
  });
});
