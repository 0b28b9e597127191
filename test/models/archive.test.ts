import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { extractZip } from '../../server/models/archive.ts';
import { DEVICE_MODE, LINK_MODE, zip } from '../support/zip-writer.ts';
import type { ZipEntry } from '../support/zip-writer.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

const into = (): string => join(folder, 'inner', 'unpacked');

async function extract(
  bytes: Uint8Array,
  checkSpace: (bytes: number) => Promise<void> = async () => {},
): Promise<void> {
  await writeFile(join(folder, 'm.zip'), bytes);
  await extractZip(join(folder, 'm.zip'), 'm.zip', into(), { checkSpace, onBytes: () => {} });
}

const file = (name: string, content: Uint8Array | string = 'x', rest: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  content,
  ...rest,
});

describe('extractZip', () => {
  it('unpacks files, stored and deflated, in their folders', async () => {
    const text = 'abc'.repeat(1000);
    await extract(
      zip([file('iris/', ''), file('iris/1/model.onnx', text, { deflate: true }), file('iris/labels.txt', 'a\nb')]),
    );
    expect(await readFile(join(into(), 'iris/1/model.onnx'), 'utf8')).toBe(text);
    expect(await readFile(join(into(), 'iris/labels.txt'), 'utf8')).toBe('a\nb');
  });

  it('leaves out what macOS adds', async () => {
    await extract(zip([file('m/model.onnx'), file('__MACOSX/m/._model.onnx')]));
    expect(readdirSync(into())).toEqual(['m']);
  });

  it.each<[string, ZipEntry[], RegExp]>([
    ['a path out of it', [file('a/../../evil', 'x')], /m\.zip is refused.*\.\./],
    ['a path out of it with backslashes', [file('a\\..\\..\\evil')], /refused/],
    ['an absolute path', [file('/etc/evil')], /refused|absolute/],
    ['a path on a drive', [file('C:/evil')], /refused|absolute/],
    ['a symbolic link', [file('model.onnx', '/etc/passwd', { mode: LINK_MODE })], /link or a device/],
    ['a device', [file('model.onnx', '', { mode: DEVICE_MODE })], /link or a device/],
    ['names that differ in case only', [file('m/Model.onnx'), file('m/model.onnx')], /same name as "m\/Model\.onnx"/],
    ['a name twice', [file('model.onnx'), file('model.onnx')], /same name/],
    ['names that are one after normalising', [file('caf\u00E9.onnx'), file('cafe\u0301.onnx')], /same name/],
    ['a file that is a folder too', [file('m', 'x'), file('m/model.onnx')], /both a file and a folder/],
    ['a Windows device', [file('m/nul.onnx')], /no plain file name/],
    ['a stream of a file', [file('m/model.onnx:evil')], /no plain file name/],
    ['a control character', [file('m/mo\u0001del.onnx')], /no plain file name/],
    ['a name that reads backwards', [file('m/xnno\u202Eevil')], /no plain file name/],
    ['a dot at the end', [file('m./model.onnx')], /no plain file name/],
  ])('refuses %s and writes nothing', async (_what, entries, words) => {
    await expect(extract(zip([file('good.onnx'), ...entries]))).rejects.toMatchObject({
      code: 'model-refused',
      message: expect.stringMatching(words),
    });
    expect(existsSync(into())).toBe(false);
    expect(readdirSync(folder)).toEqual(['m.zip']);
  });

  it('refuses a bomb by its ratio before unpacking it', async () => {
    const bomb = zip([file('model.onnx', Buffer.alloc(150_000_000), { deflate: true })]);
    expect(bomb.length).toBeLessThan(200_000);
    await expect(extract(bomb)).rejects.toMatchObject({ details: { reason: 'zip-bomb' } });
    expect(existsSync(into())).toBe(false);
  });

  it('stops at an entry that is larger than it says', async () => {
    const liar = zip([file('model.onnx', Buffer.alloc(5_000_000), { deflate: true, claimedBytes: 1000 })]);
    await expect(extract(liar)).rejects.toMatchObject({ code: 'model-refused', details: { reason: 'zip-broken' } });
  });

  it('refuses more entries than a model has', async () => {
    const many = zip(Array.from({ length: 10_001 }, (_, index) => file(`f${index}`, '')));
    await expect(extract(many)).rejects.toThrow(/10001 entries; at most 10000/);
    expect(existsSync(into())).toBe(false);
  });

  it('refuses contents that differ from their checksum', async () => {
    const bytes = zip([file('model.onnx', 'hello hello')]);
    bytes[bytes.indexOf('hello')]! ^= 1;
    await expect(extract(bytes)).rejects.toMatchObject({ details: { reason: 'zip-broken' } });
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)],
    ['its first bytes', (bytes: Buffer) => bytes.subarray(0, 10)],
    ['overwritten in the middle', (bytes: Buffer) => Buffer.from(bytes).fill(0xff, 20, bytes.length - 22)],
  ])('refuses an archive that is %s', async (_what, damage) => {
    await expect(extract(damage(zip([file('model.onnx', 'x'.repeat(500))])))).rejects.toMatchObject({
      code: 'model-refused',
    });
  });

  it('asks for room for all of it first', async () => {
    const asked: number[] = [];
    await extract(
      zip([file('a.onnx', 'x'.repeat(700)), file('b', 'y'.repeat(300))]),
      async (bytes) => void asked.push(bytes),
    );
    expect(asked).toEqual([1000]);
  });

  it('calls a PyTorch file a PyTorch file', async () => {
    await expect(extract(zip([file('archive/data.pkl'), file('archive/data/0')]))).rejects.toThrow(
      /m\.zip is a PyTorch file/,
    );
  });

  it(
    'throws nothing but its own error on an archive with any bytes overwritten, and writes nowhere else',
    { timeout: 60_000 },
    async () => {
      const original = zip([
        file('m/1/model.onnx', 'x'.repeat(300), { deflate: true }),
        file('m/labels.txt', 'a'),
        file('m/x/y', 'b'),
      ]);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })), {
            minLength: 1,
            maxLength: 4,
          }),
          async (changes) => {
            const bytes = Buffer.from(original);
            for (const [at, value] of changes) bytes[at] = value;
            await rm(join(folder, 'inner'), { recursive: true, force: true });
            try {
              await extract(bytes);
            } catch (error) {
              if (!(error instanceof MillraceError)) throw error;
            }
            expect(readdirSync(folder).every((name) => name === 'm.zip' || name === 'inner')).toBe(true);
          },
        ),
        { numRuns: 400 },
      );
    },
  );
});
