/** Keys, tokens, codes and cookies that were used, guessed and put where they do not belong: none is in a log, an event, a file or a list of arguments. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RunFile } from '../../server/host/run-file.ts';
import type { MadeKey } from '../../server/protocol/admin/key-view.ts';
import type { LanAnswer } from '../../server/protocol/admin/lan-view.ts';
import type { OpenedPairing } from '../../server/protocol/admin/pairing-view.ts';
import { BrowserClient } from '../support/browser-client.ts';
import { demoModels } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';
import { callFrom } from '../support/network-client.ts';

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));
const planted = 'planted-4711-payload';

it.runIf(process.platform === 'linux')(
  'no secret is written anywhere',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'millrace-planted-'));
    const host = spawn(
      process.execPath,
      [
        program,
        'serve',
        '--json',
        '--log-level',
        'debug',
        '--models',
        demoModels,
        '--port',
        '0',
        '--admin-port',
        '0',
        '--data',
        data,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const exited = new Promise((resolve) => host.on('exit', resolve));
    let output = '';
    host.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const isReady = new Promise<void>((resolve) => {
      createInterface({ input: host.stdout }).on('line', (line) => {
        output += `${line}\n`;
        if (line.includes('"models":[')) resolve();
      });
    });
    try {
      await Promise.race([isReady, exited.then(() => Promise.reject(new Error(`It ended: ${output}`)))]);
      const { adminUrl, inferenceUrl, adminToken } = await new RunFile(data).read();
      const admin = async <T>(method: string, path: string, body?: object): Promise<T> => {
        const response = await fetch(`${adminUrl}/api/v1${path}`, {
          method,
          headers: { Authorization: `Bearer ${adminToken}`, ...(body && { 'Content-Type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        return (await response.json()) as T;
      };
      const { made, lan } = await admin<LanAnswer>('PATCH', '/lan', {
        on: true,
        addresses: ['127.0.0.2'],
        announce: false,
      });
      const url = lan.listeners[0]!.url!;
      const byCommand = JSON.parse(
        (await millrace('keys', 'create', 'cli', '--json', '--data', data)).stdout,
      ) as MadeKey;
      const gone = await admin<MadeKey>('POST', '/keys', { name: 'gone' });
      const opened = await admin<OpenedPairing>('POST', '/pairings', {});
      const code = new URL(opened.links[0]!).hash.replace('#c=', '');
      const links = await admin<{ printed: string }>('POST', '/launch-links', {});
      const browser = new BrowserClient(adminUrl);
      await browser.enter(links.printed);
      const guessed = `mr_${made!.key.id}_${'G'.repeat(43)}`;
      const passing = await admin<{ secret: string }>('POST', '/passing-keys', { right: 'infer' });
      const secrets = {
        'the first key': made!.secret,
        'a key of the command line': byCommand.secret,
        'a revoked key': gone.secret,
        'a guessed key': guessed,
        'a passing key': passing.secret,
        'a pairing code': code,
        'a launch code': new URL(links.printed).hash.replace('#t=', ''),
        'a cookie': browser.cookie!.split('=')[1]!,
        'the token of a page': browser.csrfToken!,
        'an input': planted,
      };
      await admin('DELETE', `/keys/${gone.key.id}`);
      for (const secret of Object.values(secrets)) {
        for (const base of [url, inferenceUrl]) {
          for (const headers of [
            { Authorization: `Bearer ${secret}` },
            { 'x-api-key': secret },
            { Authorization: `Basic ${secret}` },
            { Cookie: secret },
          ]) {
            await callFrom(`${base}/predict/iris?key=${secret}`, { headers, body: `{"features":["${planted}"]}` });
          }
          await callFrom(`${base}/predict/iris`, { headers: { 'x-api-key': made!.secret }, body: `{"${planted}` });
          await callFrom(`${base}/pair/claim`, { body: JSON.stringify({ code: secret, name: 'device' }) });
        }
        await fetch(`${adminUrl}/api/v1/status?token=${secret}`, { headers: { Authorization: `Bearer ${secret}` } });
      }
      await millrace('security', 'check', '--data', data);

      const places: [string, string][] = [['the log', output]];
      places.push(['the events', JSON.stringify(await admin('GET', '/events?limit=500'))]);
      places.push(['the refused clients', JSON.stringify(await admin('GET', '/refused-clients'))]);
      places.push(['the keys', JSON.stringify(await admin('GET', '/keys'))]);
      places.push(['the jobs', JSON.stringify(await admin('GET', '/jobs'))]);
      for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
        // The file by which the command line gets in, for its owner's eyes.
        if (!entry.isFile() || entry.name === 'run.json') continue;
        places.push([entry.name, await readFile(join(entry.parentPath, entry.name), 'latin1')]);
      }
      for (const pid of await readdir('/proc')) {
        if (!/^\d+$/.test(pid)) continue;
        places.push([`arguments of ${pid}`, await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')]);
      }
      expect(output).toContain('127.0.0.3');
      const found = Object.entries(secrets).flatMap(([what, secret]) =>
        places.filter(([, text]) => text.includes(secret)).map(([where]) => `${what} in ${where}`),
      );
      expect(found).toEqual([]);
      expect(places.filter(([, text]) => text.includes(adminToken)).map(([where]) => where)).toEqual([]);
    } finally {
      host.kill('SIGTERM');
      await exited;
      await rm(data, { recursive: true, force: true });
    }
  },
  180_000,
);
