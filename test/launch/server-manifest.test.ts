/** The installed files against their list (S65). */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkServer } from '../../server/launch/server-manifest.ts';

const contents: Readonly<Record<string, string>> = {
  'bin/node': 'the runtime',
  'bin/millrace.mjs': 'the program',
  'node_modules/a/b/c.node': 'a library',
};

describe('the installed server', () => {
  let folder: string;
  let server: string;
  let manifest: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-manifest-'));
    server = join(folder, 'server');
    manifest = join(folder, 'server-manifest.json');
    const files: Record<string, { sha256: string; size: number }> = {};
    for (const [path, text] of Object.entries(contents)) {
      mkdirSync(dirname(join(server, path)), { recursive: true });
      writeFileSync(join(server, path), text);
      files[path] = { sha256: createHash('sha256').update(text).digest('hex'), size: text.length };
    }
    writeFileSync(manifest, JSON.stringify({ files }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is as its list says', async () => {
    expect(await checkServer(server, manifest)).toBeUndefined();
  });

  it('is refused for one changed byte, in a file of the same length', async () => {
    writeFileSync(join(server, 'bin/node'), 'the runtimE');
    expect(await checkServer(server, manifest)).toBe('A file of the installed program has been changed: bin/node.');
  });

  it('is refused for one more byte', async () => {
    appendFileSync(join(server, 'bin/millrace.mjs'), ' ');
    expect(await checkServer(server, manifest)).toContain('changed: bin/millrace.mjs');
  });

  it('is refused for a file that is missing', async () => {
    rmSync(join(server, 'node_modules/a/b/c.node'));
    expect(await checkServer(server, manifest)).toContain('missing: node_modules/a/b/c.node');
  });

  it('is refused for a file that came on top, which might be loaded', async () => {
    writeFileSync(join(server, 'bin/version.dll'), 'evil');
    expect(await checkServer(server, manifest)).toContain('does not belong to it: bin/version.dll');
  });

  it('is refused where a file has become a link to one that could change later', async () => {
    writeFileSync(join(folder, 'elsewhere'), 'the runtime');
    rmSync(join(server, 'bin/node'));
    symlinkSync(join(folder, 'elsewhere'), join(server, 'bin/node'));
    expect(await checkServer(server, manifest)).toContain('changed: bin/node');
  });

  it.each(['', '{}', '{"files":{}}', 'null'])('is refused where the list is %j', async (text) => {
    writeFileSync(manifest, text);
    expect(await checkServer(server, manifest)).toContain('The list of the installed files');
  });

  it('is refused where there is no list, or no folder', async () => {
    expect(await checkServer(server, join(folder, 'none.json'))).toContain('missing or damaged');
    expect(await checkServer(join(folder, 'none'), manifest)).toContain('missing: bin/node');
  });
});
