/** A real nginx with a configuration of the test's own, on a free port. Whoever starts it ends it. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './host-process.ts';

/** Debian's place is on no user's path. */
const program = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';

export const nginxInstalled = spawnSync(program, ['-v']).status === 0;

/** For the names of suites that are skipped. */
export const nginxSkip = nginxInstalled ? '' : ' (skipped: nginx is not installed)';

/** Everything that a file for `conf.d` does not say. */
function mainFile(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    'daemon off;',
    'worker_processes 2;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log info;`,
    'events { worker_connections 1024; }',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`),
    `  include ${folder}/conf.d/*.conf;`,
    '}',
    '',
  ].join('\n');
}

async function layOut(site: string): Promise<{ folder: string; args: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'));
  await mkdir(join(folder, 'conf.d'));
  await writeFile(join(folder, 'conf.d', 'millrace.conf'), site);
  await writeFile(join(folder, 'nginx.conf'), mainFile(folder));
  return { folder, args: ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')] };
}

/** What `nginx -t` says of the site; ends with "test is successful" where nothing is wrong. */
export async function checkNginx(site: string): Promise<string> {
  const { folder, args } = await layOut(site);
  try {
    const { stderr } = await promisify(execFile)(program, [...args, '-t']).catch((error: { stderr: string }) => error);
    return stderr;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export class TestNginx implements AsyncDisposable {
  readonly url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  /** `site` listens on `port` of 127.0.0.1. */
  static async start(site: string, port: number): Promise<TestNginx> {
    const { folder, args } = await layOut(site);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const url = `http://127.0.0.1:${port}`;
    await until('nginx listens', 10_000, async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: ${errors}`);
      return fetch(`${url}/metrics`).then(
        () => true,
        () => false,
      );
    });
    return new TestNginx(url, async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
