/** The self-check against a server that withstands nothing: each attack that succeeds has to be called so. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminAttacks, appAttacks } from '../../server/selfcheck/attack-list.ts';
import { exchange } from '../../server/selfcheck/raw-exchange.ts';
import { runSelfCheck } from '../../server/selfcheck/self-check.ts';

const open = createServer({ maxHeaderSize: 1024 * 1024, requireHostHeader: false }, (request, response) => {
  request.resume();
  response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Length': '2' }).end('ok');
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', resolve));
  ({ port } = open.address() as AddressInfo);
});
afterAll(() => {
  open.closeAllConnections();
  open.close();
});

const keys = { good: 'good', forNoModel: 'other' };
const facts = () => ({ host: `127.0.0.1:${port}`, scheme: 'http' as const });
const apps = () => appAttacks({ ...facts(), keys, headersTimeoutMs: 300 });
const admin = () => adminAttacks({ ...facts(), token: 't', cookie: 'c=1', usedCode: 'x' });

describe('the self-check', () => {
  it('calls every attack a success that a server without rules answers', async () => {
    const target = { host: '127.0.0.1', port, tls: undefined };
    const listener = (name: 'apps' | 'admin', attacks: ReturnType<typeof apps>) => ({
      listener: name,
      url: 'http://x',
      target,
      // What the HTTP parser of Node refuses by itself, and the right key, say nothing about rules.
      attacks: attacks.filter(
        ({ title }) => !/two lengths|right key|verb that nobody knows|two names|never end/.test(title),
      ),
    });
    const progress: number[] = [];
    const report = await runSelfCheck(
      [listener('apps', apps()), listener('admin', admin())],
      [],
      new AbortController().signal,
      (done) => progress.push(done),
      0,
    );
    expect(report.results.filter(({ outcome }) => outcome === 'held').map(({ title }) => title)).toEqual([]);
    expect(report.failed).toBe(report.results.length);
    expect(report.failed).toBeGreaterThan(40);
    expect(progress.at(-1)).toBe(report.results.length);
  });

  it('says what came back: an answer, silence, a closed line, nobody', async () => {
    const target = { host: '127.0.0.1', port, tls: undefined };
    expect(await exchange(target, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 2000)).toMatchObject({
      kind: 'answer',
      status: 200,
    });
    expect(await exchange(target, 'GET / HTTP/1.1\r\n', 100)).toMatchObject({ kind: 'silent' });
    expect(await exchange(target, '\u0000nonsense\r\n\r\n', 2000)).toMatchObject({ kind: 'answer', status: 400 });
    expect(await exchange({ ...target, port: 1 }, 'x', 2000)).toMatchObject({
      kind: 'refused',
      reason: 'ECONNREFUSED',
    });
    expect(await exchange({ ...target, tls: { authorityPem: undefined } }, 'x', 2000)).toMatchObject({
      kind: 'refused',
    });
  });

  it('tries each row of the list that it claims to try', () => {
    const rows = new Set([...apps(), ...admin()].map(({ row }) => row));
    for (const row of [
      'S1',
      'S2',
      'S4',
      'S5',
      'S6',
      'S7',
      'S8',
      'S9',
      'S10',
      'S12',
      'S13',
      'S14',
      'S16',
      'S17',
      'S20',
      'S21',
      'S22',
      'S25',
      'S30',
    ]) {
      expect(rows, row).toContain(row);
    }
  });
});
