import { describe, expect, it } from 'vitest';
import { readListing } from '../../server/sources/source-listing.ts';

const entry = (key: string, etag = 'e', sizeBytes = 1) => ({ key, etag, sizeBytes });

describe('a listing', () => {
  it('is read as models with versions in the order of their numbers', () => {
    const { models, problems } = readListing(
      ['b/10/model.onnx', 'b/9/model.onnx', 'a/1/model.onnx', 'a/labels.txt', 'x'].map((key) => entry(key)),
    );
    expect(models.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(models[1]!.versions.map(({ version }) => version)).toEqual(['9', '10']);
    expect([...models[0]!.side.keys()]).toEqual(['labels.txt']);
    expect(problems).toEqual([]);
  });

  it('has a fingerprint of each version that any change of its files changes, and nothing else', () => {
    const base = [
      entry('a/1/model.onnx'),
      entry('a/1/w.bin'),
      entry('a/1/millrace-manifest.json'),
      entry('a/2/model.onnx'),
    ];
    const of = (entries: Parameters<typeof readListing>[0]): string =>
      readListing(entries).models[0]!.versions[0]!.fingerprint;
    const before = of(base);
    expect(of([...base].reverse())).toBe(before);
    expect(of([...base, entry('a/labels.txt'), entry('a/3/model.onnx')])).toBe(before);
    expect(of(base.map((each) => (each.key === 'a/1/w.bin' ? { ...each, etag: 'f' } : each)))).not.toBe(before);
    expect(of(base.map((each) => (each.key === 'a/1/w.bin' ? { ...each, sizeBytes: 2 } : each)))).not.toBe(before);
    expect(
      of(base.map((each) => (each.key === 'a/1/millrace-manifest.json' ? { ...each, etag: 'f' } : each))),
    ).not.toBe(before);
    expect(of(base.filter(({ key }) => key !== 'a/1/w.bin'))).not.toBe(before);
  });

  it('keeps the manifest apart from the files', () => {
    const [version] = readListing([entry('a/1/model.onnx'), entry('a/1/millrace-manifest.json')]).models[0]!.versions;
    expect([...version!.files.keys()]).toEqual(['model.onnx']);
    expect(version!.manifest?.key).toBe('a/1/millrace-manifest.json');
  });

  it('says what it leaves alone: hostile keys, and names that are one on some systems', () => {
    const { models, problems } = readListing(
      ['../../etc/x', 'Iris/1/model.onnx', 'iris/1/model.onnx', 'm/1/model.onnx', 'm/1/MODEL.onnx'].map((key) =>
        entry(key),
      ),
    );
    expect(models.map(({ name }) => name)).toEqual(['Iris', 'm']);
    expect([...models[1]!.versions[0]!.files.keys()]).toEqual(['model.onnx']);
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('"../../etc/x"'),
      expect.stringContaining('one file on Windows'),
      expect.stringContaining('differ in upper and lower case only'),
    ]);
  });

  it('keeps a hundred problems and counts the rest', () => {
    const { problems, problemCount } = readListing(Array.from({ length: 5000 }, (_, index) => entry(`../${index}`)));
    expect(problems).toHaveLength(100);
    expect(problemCount).toBe(5000);
  });
});
