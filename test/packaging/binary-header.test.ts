import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { binaryKinds, headerBytes } from '../../build/staging/binary-header.ts';
import { root } from '../architecture/source-files.ts';

const headOf = (path: string): Buffer => readFileSync(join(root, path)).subarray(0, headerBytes);
const runtime = 'node_modules/onnxruntime-node/bin/napi-v6';

describe('the system and processor of a binary', () => {
  it.each([
    [`${runtime}/linux/x64/libonnxruntime.so.1`, 'linux', 'x64'],
    [`${runtime}/linux/arm64/onnxruntime_binding.node`, 'linux', 'arm64'],
    [`${runtime}/darwin/arm64/libonnxruntime.1.dylib`, 'darwin', 'arm64'],
    [`${runtime}/win32/x64/onnxruntime.dll`, 'win32', 'x64'],
    [`${runtime}/win32/arm64/onnxruntime_binding.node`, 'win32', 'arm64'],
    ['node_modules/better-sqlite3/prebuilds/darwin-x64.node', 'darwin', 'x64'],
  ] as const)('of %s is %s-%s', (path, platform, arch) => {
    expect(binaryKinds(headOf(path))).toEqual([{ platform, arch }]);
  });

  it('is none for texts, models and short files', () => {
    expect(binaryKinds(headOf('package.json'))).toEqual([]);
    expect(binaryKinds(headOf('resources/models/iris/1/model.onnx'))).toEqual([]);
    expect(binaryKinds(Buffer.from('\u007fELF'))).toEqual([]);
  });

  it('names both processors of a universal Mac program', () => {
    const head = Buffer.alloc(128);
    head.writeUInt32BE(0xcafebabe, 0);
    head.writeUInt32BE(2, 4);
    head.writeUInt32BE(0x01000007, 8);
    head.writeUInt32BE(0x0100000c, 28);
    expect(binaryKinds(head)).toEqual([
      { platform: 'darwin', arch: 'x64' },
      { platform: 'darwin', arch: 'arm64' },
    ]);
  });

  it('does not take a compiled Java class for a Mac program', () => {
    const head = Buffer.alloc(128);
    head.writeUInt32BE(0xcafebabe, 0);
    head.writeUInt32BE(65, 4);
    expect(binaryKinds(head)).toEqual([]);
  });

  it('calls a 32-bit program other', () => {
    const head = Buffer.alloc(128);
    head.writeUInt32BE(0x7f454c46, 0);
    head.set([1, 1], 4);
    head.writeUInt16LE(62, 18);
    expect(binaryKinds(head)).toEqual([{ platform: 'linux', arch: 'other' }]);
  });
});
