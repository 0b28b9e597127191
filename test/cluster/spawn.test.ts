import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmptyDirectory, childEnvironment, replicaEntry } from '../../server/cluster/spawn.ts';

describe('the environment of a child', () => {
  it('passes on what a runtime needs to start and to find its devices', () => {
    const from = {
      PATH: '/bin',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      TMPDIR: '/tmp',
      SystemRoot: 'C:\\Windows',
      CUDA_VISIBLE_DEVICES: '0',
      LD_LIBRARY_PATH: '/cuda',
    };
    expect(childEnvironment(from)).toMatchObject(from);
  });

  it('passes on nothing else, credentials least of all', () => {
    const environment = childEnvironment({
      PATH: '/bin',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      aws_session_token: 'x',
      NODE_OPTIONS: '--require=/tmp/evil.js',
      NODE_EXTRA_CA_CERTS: 'x',
      HTTP_PROXY: 'http://user:password@proxy',
      https_proxy: 'x',
      HOME: '/home/user',
      USER: 'user',
      SSH_AUTH_SOCK: 'x',
      LD_PRELOAD: '/tmp/evil.so',
      MILLRACE_KEY: 'x',
      npm_config_token: 'x',
      path: '/lower',
    });
    const { NODE_COMPILE_CACHE: _cache, ...others } = environment;
    expect(others).toEqual({ PATH: '/bin', ORT_DISABLE_TELEMETRY: '1' });
  });

  it('leaves out what is not set, and turns the runtime’s telemetry off whatever is set', () => {
    const environment = childEnvironment({ PATH: undefined, ORT_DISABLE_TELEMETRY: '0' });
    expect(environment).not.toHaveProperty('PATH');
    expect(environment['ORT_DISABLE_TELEMETRY']).toBe('1');
  });
});

describe('the empty directory', () => {
  it('is empty, new each time, and goes when it is told to', () => {
    const [first, second] = [new EmptyDirectory(), new EmptyDirectory()];
    expect(first.path).not.toBe(second.path);
    expect(readdirSync(first.path)).toEqual([]);
    for (const directory of [first, second]) {
      directory.remove();
      expect(existsSync(directory.path)).toBe(false);
      directory.remove();
    }
  });

  it.runIf(process.platform !== 'win32')('cannot be written to, except by the one who may do anything', () => {
    const directory = new EmptyDirectory();
    expect(statSync(directory.path).mode & 0o777).toBe(0o555);
    if (process.getuid?.() !== 0) expect(() => writeFileSync(join(directory.path, 'x'), '')).toThrow('EACCES');
    directory.remove();
  });
});

it('names the program of a replica, which is there', () => {
  expect(existsSync(replicaEntry)).toBe(true);
});
