import { describe, expect, it } from 'vitest';
import { manifestText, parseManifestText } from '../../server/sources/source-manifest.ts';

const sha256 = 'a'.repeat(64);
const good = { format: 1, name: 'iris', version: '3', files: { 'model.onnx': { sizeBytes: 5, sha256 } } } as const;
const faultOf = (raw: unknown): string | undefined => {
  const reading = parseManifestText(typeof raw === 'string' ? raw : JSON.stringify(raw), 'iris', '3');
  return 'fault' in reading ? reading.fault : undefined;
};

describe('a manifest', () => {
  it('says what it was made of', () => {
    expect(parseManifestText(manifestText(good), 'iris', '3')).toEqual({ manifest: good });
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['format', { ...good, format: 2 }],
    ['another model', { ...good, name: 'digits' }],
    ['another model or version', { ...good, version: '4' }],
    ['no files', { ...good, files: [] }],
    ['no model.onnx', { ...good, files: { 'other.onnx': { sizeBytes: 5, sha256 } } }],
    ['no plain path', { ...good, files: { ...good.files, '../x': { sizeBytes: 5, sha256 } } }],
    ['no plain path', { ...good, files: { ...good.files, '/etc/x': { sizeBytes: 5, sha256 } } }],
    ['no plain path', { ...good, files: { ...good.files, '.hidden': { sizeBytes: 5, sha256 } } }],
    ['no number of bytes', { ...good, files: { 'model.onnx': { sizeBytes: -1, sha256 } } }],
    ['no number of bytes', { ...good, files: { 'model.onnx': { sizeBytes: 1.5, sha256 } } }],
    ['no number of bytes', { ...good, files: { 'model.onnx': { sha256 } } }],
    ['no number of bytes', { ...good, files: { 'model.onnx': null } }],
    ['SHA-256', { ...good, files: { 'model.onnx': { sizeBytes: 5, sha256: sha256.toUpperCase() } } }],
    ['SHA-256', { ...good, files: { 'model.onnx': { sizeBytes: 5, sha256: '../x' } } }],
    [
      'at most 1000',
      {
        ...good,
        files: Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`f${index}`, { sizeBytes: 5, sha256 }])),
      },
    ],
  ])('with a fault is not taken: %s', (fault, raw) => {
    expect(faultOf(raw)).toContain(fault);
  });

  it('changes no prototype', () => {
    const text = `{"format":1,"name":"iris","version":"3","files":{"model.onnx":{"sizeBytes":5,"sha256":"${sha256}"},"__proto__":{"sizeBytes":5,"sha256":"${sha256}"}}}`;
    const reading = parseManifestText(text, 'iris', '3');
    expect('manifest' in reading && Object.keys(reading.manifest.files)).toEqual(['model.onnx', '__proto__']);
    expect(({} as { sizeBytes?: number }).sizeBytes).toBeUndefined();
  });
});
