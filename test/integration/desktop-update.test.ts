/**
 * The desktop program exchanges itself for a newer one: the real electron-updater against a release on a loopback address and in a
 * file, with what is manipulated on the way refused. On Linux, where an AppImage can be a script.
 */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signRelease } from '../../build/packaging/release-lists.ts';
import type { UpdateView } from '../../server/protocol/update-view.ts';
import { parcelEnding } from '../../server/updating/update-parcel.ts';

const program = fileURLToPath(new URL('../fixtures/update-program.ts', import.meta.url));
const list = process.arch === 'x64' ? 'latest-linux.yml' : `latest-linux-${process.arch}.yml`;
const makers = keys();
const newer = 'millrace-desktop-2.0.0.AppImage';

let folder: string;
let release: string;
let server: Server;
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-update-'));
  release = join(folder, 'release');
  await mkdir(release);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url!);
    const stream = createReadStream(join(release, request.url!.split('?')[0]!));
    stream.on('error', () => response.writeHead(404).end());
    stream.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await writeFile(join(folder, 'updates.json'), JSON.stringify({ url, publicKey: makers.publicKey }));
  await writeFile(
    join(folder, 'app-update.yml'),
    'provider: generic\nurl: https://unused.invalid\nupdaterCacheDirName: millrace-updater\n',
  );
  await writeFile(join(folder, 'Millrace.AppImage'), '#!/bin/sh\necho old\n');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function keys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A newer program that says, in a file, that it was started. */
async function publish(version: string, key = makers.privateKey): Promise<void> {
  const text = `#!/bin/sh\necho ${version} > "${join(folder, 'started')}"\n`;
  await writeFile(join(release, newer), text);
  await chmod(join(release, newer), 0o755);
  const sha512 = createHash('sha512').update(text).digest('base64');
  const lines = [
    `version: ${version}`,
    'files:',
    `  - url: ${newer}`,
    `    sha512: ${sha512}`,
    `    size: ${text.length}`,
    `path: ${newer}`,
    `sha512: ${sha512}`,
    "releaseDate: '2026-11-24T00:00:00.000Z'",
    '',
  ];
  await writeFile(join(release, list), lines.join('\n'));
  await signRelease(release, key);
}

async function run(...words: readonly string[]): Promise<UpdateView[]> {
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MILLRACE_TEST_FOLDER: folder,
      APPIMAGE: join(folder, 'Millrace.AppImage'),
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number];
  expect(code, errors).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UpdateView);
}

const current = (): Promise<string> => readFile(join(folder, 'Millrace.AppImage'), 'utf8');
const present = (): Promise<string[]> => readdir(folder);

describe.skipIf(process.platform !== 'linux')('an update of the desktop program', () => {
  it('comes from the address of its releases, stops the host, takes the place of the old one and is started', async () => {
    await publish('2.0.0');
    const views = await run('network');
    expect(views.map((view) => view.phase ?? view)).toEqual([
      'available',
      'downloaded',
      { stopped: true },
      'installing',
    ]);
    expect(await current()).toContain('echo 2.0.0');
    await expect.poll(present, { timeout: 10_000 }).toContain('started');
  });

  it('comes from a file, without a word to any address', async () => {
    await publish('2.0.0');
    const views = await run('file', join(release, `${newer}${parcelEnding}`));
    expect(views.map((view) => view.phase ?? view)).toEqual(['downloaded', { stopped: true }, 'installing']);
    expect(asked).toEqual([]);
    expect(await current()).toContain('echo 2.0.0');
  });

  it('is refused where somebody else has signed the list, from either place', async () => {
    await publish('2.0.0', keys().privateKey);
    for (const words of [['network'], ['file', join(release, `${newer}${parcelEnding}`)]]) {
      const views = await run(...words);
      expect(views.at(-1)).toMatchObject({
        phase: 'none',
        trouble: "The update does not carry the makers' signature.",
      });
    }
    expect(await current()).toContain('echo old');
  });

  it('is refused where the list was changed after it was signed', async () => {
    await publish('2.0.0');
    const path = join(release, list);
    await writeFile(path, (await readFile(path, 'utf8')).replace('2.0.0', '2.0.1'));
    expect((await run('network')).at(-1)!.trouble).toContain("makers' signature");
  });

  it('is refused where the program is not the one of the list', async () => {
    await publish('2.0.0');
    await writeFile(join(release, newer), '#!/bin/sh\necho evil\n');
    const views = await run('network');
    expect(views.at(-1)).toMatchObject({ phase: 'none' });
    expect(views.at(-1)!.trouble).toMatch(/sha512|size/i);
    expect(await current()).toContain('echo old');
  });

  it('is none where the release is older, even with the right signature', async () => {
    await publish('0.9.0');
    const views = await run('network');
    expect(views.at(-1)).toMatchObject({ phase: 'none' });
    expect(asked.some((path) => path.includes('AppImage'))).toBe(false);
  });

  it('is not even looked for where the administrator has forbidden it', async () => {
    await publish('2.0.0');
    await writeFile(join(folder, 'policy.json'), '{"updates":{"mode":"off","files":false}}');
    await run('network');
    const views = await run('file', join(release, `${newer}${parcelEnding}`));
    expect(asked).toEqual([]);
    expect(views.at(-1)!.trouble).toContain('no updates from files');
    expect(await current()).toContain('echo old');
  });
});
