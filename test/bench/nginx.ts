/** Baseline C: nginx `least_conn` in front of two bare HTTP replicas, with everything set that makes it fast. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { startBareServer } from './baselines.ts';
import type { StoredModel } from './bench-model.ts';
import type { Scope } from './scope.ts';

const program = '/usr/sbin/nginx';

export const nginxInstalled = existsSync(program);

/** From its start to its first answer, milliseconds. */
const startLimitMs = 10_000;

/** Gives nginx's URL. */
export async function startNginx(scope: Scope, model: StoredModel): Promise<string> {
  const targets = [await startBareServer(scope, model), await startBareServer(scope, model)];
  const folder = await scope.temporaryFolder();
  const configPath = join(folder, 'nginx.conf');
  const port = await freePort();
  await writeFile(configPath, configuration(folder, port, targets));
  const args = ['-p', folder, '-e', 'stderr', '-c', configPath];
  const child = await scope.spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const deadlineMs = performance.now() + startLimitMs;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with code ${child.exitCode}.`);
    if (performance.now() > deadlineMs) throw new Error(`nginx did not answer within ${startLimitMs / 1000} s.`);
    await wait(20);
  }
  return url;
}

/** `keepalive_requests`: the default of 1000 would close a connection fifty times a second. */
function configuration(folder: string, port: number, targets: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const servers = targets.map((target) => `server ${new URL(target).host};`).join(' ');
  return `
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream replicas {
    least_conn;
    ${servers}
    keepalive 32;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    client_max_body_size 64m;
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
}

/** nginx takes no port 0, so one that was free a moment ago is tried. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    // The bare server behind it takes any path; an empty body is a request that it refuses, which is an answer.
    await (await fetch(url, { method: 'POST' })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
