import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { binariesIn, checkStage } from '../../build/staging/check-stage.ts';
import { manifestName, manifestOf } from '../../build/staging/manifest.ts';
import { targets } from '../../build/staging/targets.ts';

const target = targets['linux-x64'];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stage-'));
  for (const path of [
    'bin/node',
    'node_modules/better-sqlite3/prebuilds/linux-x64.node',
    'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  ]) {
    await put(path, elf(62));
  }
  await put('server/main.js', 'export {};\n');
  await put('LICENSE', 'MIT');
  await list();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}
async function list(): Promise<void> {
  await put(manifestName, JSON.stringify(await manifestOf(folder)));
}
async function faults(): Promise<string> {
  return (await checkStage(folder, target)).faults.join('; ');
}
function elf(machine: number): Buffer {
  const head = Buffer.alloc(64);
  head.writeUInt32BE(0x7f454c46, 0);
  head.set([2, 1], 4);
  head.writeUInt16LE(machine, 18);
  return head;
}

describe('the check of a server folder', () => {
  it('finds nothing in one that is right, and all of its binaries', async () => {
    const report = await checkStage(folder, target);
    expect(report).toMatchObject({ fileCount: 6, faults: [] });
    expect(report.binaries).toHaveLength(3);
    expect(await binariesIn(folder)).toEqual(report.binaries);
  });

  it('finds a changed byte, an added and a missing file', async () => {
    await appendFile(join(folder, 'server/main.js'), ' ');
    expect(await faults()).toBe('server/main.js has been changed');
    await put('server/main.js', 'export {} \n');
    expect(await faults()).toBe('server/main.js has been changed');
    await put('server/main.js', 'export {};\n');
    await put('bin/evil.so', 'x');
    expect(await faults()).toBe('bin/evil.so is not on the list');
    await rm(join(folder, 'bin/evil.so'));
    await rm(join(folder, 'LICENSE'));
    expect(await faults()).toBe('LICENSE is missing');
  });

  it('finds a binary for another processor', async () => {
    await put('bin/node', elf(183));
    await list();
    expect(await faults()).toBe('bin/node is for linux-arm64');
  });

  it('finds a second SQLite and a second runtime', async () => {
    await put('node_modules/better-sqlite3/prebuilds/linuxmusl-x64.node', elf(62));
    await put('node_modules/onnxruntime-node/bin/napi-v6/win32/x64/note.txt', '');
    await list();
    expect(await faults()).toMatch(
      /it has SQLite at .*linux-x64\.node, .*linuxmusl-x64\.node.*; it has ONNX Runtime at linux\/x64, win32\/x64/,
    );
  });

  it('finds that there is no Node', async () => {
    await rm(join(folder, 'bin/node'));
    await list();
    expect(await faults()).toBe('it has Node at no place, not at bin/node alone');
  });

  it('finds packages of development, too many bytes and a missing list', async () => {
    await put('node_modules/vitest/index.js', '');
    await list();
    expect(await faults()).toBe('it holds the package vitest');
    await rm(join(folder, 'node_modules/vitest'), { recursive: true });
    await rm(join(folder, manifestName));
    const { faults: found } = await checkStage(folder, { ...target, budgetBytes: 100 });
    expect(found).toEqual(['it has 1 MB, 0.0001 MB are allowed', 'it has no manifest']);
  });

  it('vouches for no link', async () => {
    await symlink('/etc/passwd', join(folder, 'link'));
    await expect(checkStage(folder, target)).rejects.toThrow('link in the server folder is not a plain file');
  });
});
