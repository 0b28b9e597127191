/**
 * The Dockerfile without Docker: its text against rules, and what its steps do, done in a scratch folder: the context, the stage that is
 * put together, and the server started from there as nobody, with a root that it cannot write to.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageContainer } from '../../build/container.mjs';
import { root } from '../architecture/source-files.ts';
import { contextFiles, dockerfileText, stages } from '../support/dockerfile.ts';
import { until } from '../support/host-process.ts';
import { freePort } from '../support/redis-server.ts';

const run = promisify(execFile);
const [build, image] = stages() as [ReturnType<typeof stages>[number], ReturnType<typeof stages>[number]];
const steps = (keyword: string, of = image) => of.filter((step) => step.keyword === keyword);

describe('the Dockerfile', () => {
  it('has no fault that a linter knows', () => {
    expect(validate(dockerfileText).map(({ message }) => message)).toEqual([]);
  });

  it('builds in one stage and keeps only what is copied from it in the other', () => {
    expect(stages()).toHaveLength(2);
    const [from] = build;
    expect(from!.words.slice(1).join(' ')).toBe('AS build');
    for (const stage of [build, image]) {
      const [, tag] = stage[0]!.words[0]!.split(':');
      expect(tag).toBeDefined();
      expect(tag).not.toBe('latest');
    }
    for (const { flags } of steps('COPY')) expect(flags.get('from')).toBe('build');
    expect([...steps('ADD'), ...steps('ADD', build)]).toEqual([]);
  });

  it('runs as a user without a name to log in by, who owns the data folder alone', () => {
    const [user] = steps('USER');
    expect(user!.words).toEqual(['10001:10001']);
    const made = steps('RUN').find(({ text }) => text.includes('useradd'))!.text;
    for (const part of ['--uid 10001', '--gid 10001', 'nologin', '--owner=10001 --group=10001 --mode=0700 /data']) {
      expect(made).toContain(part);
    }
    // Whatever comes after the user is set is done by that user.
    expect(image.findIndex(({ keyword }) => keyword === 'USER')).toBeGreaterThan(
      image.findLastIndex(({ keyword }) => keyword === 'RUN' || keyword === 'COPY'),
    );
    expect(steps('VOLUME')[0]!.words).toEqual(['/data']);
    expect(steps('COPY').every(({ flags }) => !flags.has('chown'))).toBe(true);
  });

  it('starts the server without a shell, so that it hears the signal to stop', () => {
    for (const keyword of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) expect(steps(keyword)[0]!.isJson, keyword).toBe(true);
    expect(steps('STOPSIGNAL')[0]!.words).toEqual(['SIGTERM']);
    expect(steps('EXPOSE')[0]!.words).toEqual(['8000']);
  });

  it('leaves no package lists, and installs nothing that is only recommended', () => {
    const [apt] = steps('RUN');
    expect(apt!.text).toMatch(/apt-get update[^]*--no-install-recommends[^]*rm -rf \/var\/lib\/apt\/lists/);
  });

  it('copies what is there: the lock file alone first, so that an edit installs nothing anew', () => {
    const [first, second] = steps('COPY', build);
    expect(first!.words).toEqual(['package.json', 'package-lock.json', './']);
    expect(second!.words).toEqual(['.', '.']);
    const files = contextFiles();
    for (const path of ['package.json', 'package-lock.json', 'LICENSE', 'bin/millrace.mjs', 'build/container.mjs']) {
      expect(files).toContain(path);
    }
    expect(files.filter((path) => /^(?:test|docs|node_modules|dist|\.git|\.ci)\//.test(path))).toEqual([]);
    for (const step of [...steps('RUN', build), ...steps('RUN'), ...steps('HEALTHCHECK'), ...steps('ENTRYPOINT')]) {
      for (const script of step.text.match(/(?:\/app\/)?(?:build|bin)\/[\w-]+\.mjs/g) ?? []) {
        expect(files, script).toContain(script.replace('/app/', ''));
      }
    }
  });
});

describe.skipIf(process.platform !== 'linux')('its steps', { timeout: 120_000 }, () => {
  let scratch: string;
  let app: string;
  let bytes: number;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'millrace-image-'));
    await chmod(scratch, 0o755);
    const context = join(scratch, 'context');
    for (const path of contextFiles()) {
      await mkdir(dirname(join(context, path)), { recursive: true });
      cpSync(join(root, path), join(context, path));
    }
    // What `npm ci` makes of the lock file, and the GUI: the ones that this test runs with.
    symlinkSync(join(root, 'node_modules'), join(context, 'node_modules'));
    execFileSync(process.execPath, ['build/gui.mjs'], { cwd: context });
    app = join(scratch, 'app');
    bytes = stageContainer(context, app);
    // The RUN of the last stage.
    execFileSync(join(app, 'bin', 'node'), [join(app, 'build', 'warm-compile-cache.mjs')]);
  }, 120_000);

  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+w', scratch]);
    rmSync(scratch, { recursive: true, force: true });
  });

  const filesIn = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

  it('put together a server and nothing else', () => {
    const files = filesIn(app);
    expect(bytes).toBeLessThan(300e6);
    expect(files).toContain('dist/gui/index.html');
    expect(files.filter((path) => /\.(?:ts|mjs)$/.test(path) && path.startsWith('renderer'))).toEqual([]);
    const binaries = files.filter((path) => /\.(?:node|so|dylib|dll)(?:\.\d+)*$/.test(path));
    expect(binaries.length).toBeGreaterThan(1);
    for (const path of binaries) {
      // No loader of another system's, and none of another processor's: ELF, and the machine of this process.
      expect(machineOf(join(app, path)), path).toBe(process.arch);
    }
    for (const name of ['vitest', 'vite', 'typescript', 'playwright-core', 'node']) {
      expect(existsSync(join(app, 'node_modules', name)), name).toBe(false);
    }
  });

  it('bring every library that the programs load, by the base image or by the packages that the Dockerfile installs', async () => {
    const base = /^(?:linux-vdso\.so\.1|ld-linux-[\w-]+\.so\.\d|lib(?:c|m|dl|pthread|resolv|rt)\.so\.\d)$/;
    const installed: Readonly<Record<string, string>> = {
      'libatomic.so.1': 'libatomic1',
      'libstdc++.so.6': 'libstdc++6',
      // libstdc++6 depends on it.
      'libgcc_s.so.1': 'libstdc++6',
    };
    const programs = filesIn(app).filter((path) => path === 'bin/node' || /\.(?:node|so)(?:\.\d+)*$/.test(path));
    for (const path of programs) {
      const { stdout } = await run('ldd', [join(app, path)]);
      for (const [, name, found = ''] of stdout.matchAll(/^\s+(\S+?)(?: => (\S+)| \()/gm)) {
        const library = name!.split('/').at(-1)!;
        // Some look for theirs in a package beside their own.
        const isBrought = resolve(found).startsWith(`${app}${sep}`);
        if (base.test(library) || isBrought) continue;
        expect(Object.keys(installed), `${path} loads ${library}`).toContain(library);
        expect(dockerfileText).toContain(` ${installed[library]!} `);
      }
    }
  });

  it('let apps in by a key, at the address that they are told to listen at', async () => {
    const made = await run(join(app, 'bin', 'node'), [
      join(app, 'bin', 'millrace.mjs'),
      'keys',
      'create',
      'first app',
      '--for-settings',
      '--json',
      '--data',
      join(scratch, 'none'),
    ]);
    const { secret, entry } = JSON.parse(made.stdout) as { secret: string; entry: object };
    const settings = join(scratch, 'settings.json');
    const port = await freePort();
    // As a pod has it: the address is a variable of the environment.
    const lan = { on: true, addresses: ['${MILLRACE_POD_ADDRESS}'], port, announce: false };
    await writeFile(settings, JSON.stringify({ lan, keys: [entry], http: { port: 0 }, admin: { port: 0 } }));
    const child = spawn(
      join(app, 'bin', 'node'),
      [join(app, 'bin', 'millrace.mjs'), 'serve', '--config', settings, '--data', join(scratch, 'lan-data'), '--json'],
      { env: { ...process.env, MILLRACE_POD_ADDRESS: '127.0.0.2' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdout.resume();
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const ask = (headers: Record<string, string>): Promise<number> =>
      fetch(`http://127.0.0.2:${port}/predict/iris`, {
        method: 'POST',
        headers,
        body: '{"features":[5.1,3.5,1.4,0.2]}',
      }).then(
        ({ status }) => status,
        () => 0,
      );
    await until('it is ready', 60_000, async () => {
      if (child.exitCode !== null) throw new Error(errors);
      const ready = await fetch(`http://127.0.0.2:${port}/v2/health/ready`, { headers: { Host: 'localhost' } }).catch(
        () => undefined,
      );
      return ready?.status === 200;
    });
    expect([await ask({}), await ask({ Authorization: `Bearer ${secret}` })]).toEqual([401, 200]);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('start as nobody with a root that cannot be written to, answer, are healthy, and stop', async () => {
    const data = join(scratch, 'data');
    const temporary = join(scratch, 'tmp');
    const isRoot = process.getuid?.() === 0;
    for (const folder of [data, temporary]) {
      await mkdir(folder, { mode: 0o700 });
      if (isRoot) await chown(folder, 10_001, 10_001);
    }
    execFileSync('chmod', ['-R', 'a-w,a+rX', app]);
    const before = filesIn(app).length;
    const user = isRoot ? { uid: 10_001, gid: 10_001 } : {};
    const inImage = (text: string): string => text.replace(/^\/app/, app).replace(/^\/data/, data);
    const [entry] = steps('ENTRYPOINT');
    const [command] = steps('CMD');
    const args = [...entry!.words.slice(1), ...command!.words].map(inImage);
    const env = { NODE_ENV: 'production', HOME: data, TMPDIR: temporary, PATH: '/usr/bin:/bin' };
    const child = spawn(inImage(entry!.words[0]!), [...args, '--port', '0', '--admin-port', '0'], {
      cwd: data,
      env,
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const first = await Promise.race([
      new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      ended.then((code) => Promise.reject(new Error(`It ended with ${code}: ${errors}`))),
    ]);
    const { inferenceUrl } = JSON.parse(first) as { inferenceUrl: string };
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    if (isRoot) expect(status).toMatch(/^Uid:\s+10001\s/m);
    const answer = await fetch(`${inferenceUrl}/predict/iris`, {
      method: 'POST',
      body: '{"features":[5.1,3.5,1.4,0.2]}',
    });
    expect(await answer.json()).toMatchObject({ prediction: 'setosa' });

    const [health] = steps('HEALTHCHECK');
    const check = (): Promise<number> =>
      run(inImage(health!.words[0]!), [inImage(health!.words[1]!), new URL(inferenceUrl).port], { env, ...user }).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
    expect(await check()).toBe(0);
    // With a compile cache that is there and read, no process needs the type stripper.
    expect(statSync(join(app, 'node_modules', '.cache', 'millrace')).isDirectory()).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    await until('its port is free', 5000, async () => (await check()) === 1);
    expect(filesIn(app).length).toBe(before);
    // Nothing worse than news.
    const lines = errors
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });
});

/** The processor that an ELF file is for, in Node's words; `undefined` for a file that is none. */
function machineOf(path: string): string | undefined {
  const head = execFileSync('head', ['-c', '20', path]);
  if (head.subarray(1, 4).toString() !== 'ELF') return undefined;
  return { 62: 'x64', 183: 'arm64' }[head.readUInt16LE(18)];
}
