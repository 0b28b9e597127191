import { describe, expect, it } from 'vitest';
import { isLicenceFile, isWanted } from '../../build/staging/copy-rules.ts';
import { targets } from '../../build/staging/targets.ts';

const linux = targets['linux-x64'];
const mac = targets['darwin-arm64'];

describe('what of a package goes along', () => {
  it.each([
    ['package.json', true],
    ['lib/index.js', true],
    ['dist/index.mjs', true],
    ['dist/index.cjs', true],
    ['LICENSE', true],
    ['LICENSE.md', true],
    ['licence.txt', true],
    ['index.d.ts', false],
    ['src/index.ts', false],
    ['dist/index.js.map', false],
    ['README.md', false],
    ['.github/workflows/ci.yml', false],
    ['.eslintrc', false],
    ['example/model.js', true],
  ] as const)('%s: %s', (path, wanted) => {
    expect(isWanted('some-package', path, linux)).toBe(wanted);
  });

  it('takes one SQLite, and nothing that its loader would prefer to it', () => {
    const paths = [
      'prebuilds/linux-x64.node',
      'prebuilds/linuxmusl-x64.node',
      'prebuilds/win32-x64.node',
      'build/Release/better_sqlite3.node',
      'deps/sqlite3/sqlite3.c',
      'lib/database.js',
    ];
    expect(paths.filter((path) => isWanted('better-sqlite3', path, linux))).toEqual([
      'prebuilds/linux-x64.node',
      'lib/database.js',
    ]);
  });

  it('takes one ONNX Runtime', () => {
    const paths = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64'].map(
      (folder) => `bin/napi-v6/${folder}/onnxruntime_binding.node`,
    );
    expect(paths.filter((path) => isWanted('onnxruntime-node', path, linux))).toEqual([paths[0]]);
    expect(paths.filter((path) => isWanted('onnxruntime-node', path, mac))).toEqual([paths[2]]);
  });

  it('leaves the second copy of the Mac library behind', () => {
    const folder = 'bin/napi-v6/darwin/arm64';
    expect(isWanted('onnxruntime-node', `${folder}/libonnxruntime.1.30.0.dylib`, mac)).toBe(false);
    expect(isWanted('onnxruntime-node', `${folder}/libonnxruntime.1.dylib`, mac)).toBe(true);
  });

  it('knows a license file from a program of that name', () => {
    expect(isLicenceFile('licenses.js')).toBe(false);
    expect(isLicenceFile('a/b/COPYING')).toBe(true);
  });
});
