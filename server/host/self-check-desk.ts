/** The self-check, put together: which listeners there are, with what keys and sessions they are tried, and what lies on disk. */
import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { networkAddresses } from '../lan/network-addresses.ts';
import type { AttackResult, SelfCheckReport } from '../protocol/admin/self-check.ts';
import type { AdminAccess } from '../security/admin-access.ts';
import { adminAttacks, appAttacks } from '../selfcheck/attack-list.ts';
import type { AppFacts } from '../selfcheck/attack-list.ts';
import { exchange } from '../selfcheck/raw-exchange.ts';
import type { Target } from '../selfcheck/raw-exchange.ts';
import { runSelfCheck } from '../selfcheck/self-check.ts';
import type { CheckedListener } from '../selfcheck/self-check.ts';
import { accessPath } from './access.ts';
import type { Access } from './access.ts';
import type { LanEndpoint } from './lan-endpoint.ts';

export interface SelfCheckParts {
  readonly access: Access;
  readonly lan: LanEndpoint;
  readonly dataDirectory: string;
  readonly headersTimeoutMs: number;
}

/** The admin listener as it is tried. */
export interface CheckingAdmin {
  readonly access: AdminAccess;
  readonly inferenceUrl: string;
  readonly adminUrl: string;
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** Keys of the check live no longer than it. */
const keyLifeMs = 120_000;

/** A closed port answers at once. */
const closedPortMs = 2000;

export async function checkOurselves(parts: SelfCheckParts, admin: CheckingAdmin): Promise<SelfCheckReport> {
  const { access, lan } = parts;
  const nowMs = Date.now();
  const own = networkAddresses(networkInterfaces()).map(({ address }) => address);
  const lanHosts = lan.urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  const heedAgain = access.ignoreChecks(['127.0.0.1', '::1', ...own, ...lanHosts]);
  const good = access.keys.makePassing('self-check', keyLifeMs, nowMs);
  const forNoModel = access.keys.makePassing('self-check of models', keyLifeMs, nowMs, { models: ['no-such-model'] });
  const session = admin.access.openSession(admin.access.makeCode(keyLifeMs), '127.0.0.1', true);
  const usedCode = admin.access.makeCode(keyLifeMs);
  admin.access.revoke(admin.access.openSession(usedCode, '127.0.0.1', true).id);
  try {
    const keys = { good, forNoModel };
    const listeners: CheckedListener[] = [
      apps(parts, 'apps', admin.inferenceUrl, undefined, access.needsKeyHere ? keys : undefined),
      ...(await network(parts, keys)),
      {
        listener: 'admin',
        url: admin.adminUrl,
        target: targetOf(admin.adminUrl, undefined),
        attacks: adminAttacks({
          ...factsOf(admin.adminUrl),
          token: admin.access.token,
          cookie: `millrace-session-${new URL(admin.adminUrl).port}=${session.secret}`,
          usedCode,
        }),
      },
    ];
    const others = [
      ...(await closedPorts(parts, admin.inferenceUrl, own)),
      ...(await files(parts, [good, forNoModel])),
    ];
    return await runSelfCheck(listeners, others, admin.signal, admin.onProgress, nowMs);
  } finally {
    admin.access.revoke(session.id);
    access.keys.endPassing(good);
    access.keys.endPassing(forNoModel);
    heedAgain();
  }
}

async function network({ lan, headersTimeoutMs }: SelfCheckParts, keys: AppFacts['keys']): Promise<CheckedListener[]> {
  const authorityPem = await lan.authorityPem();
  return lan.urls.map((url) => apps({ headersTimeoutMs }, 'network', url, authorityPem, keys));
}

function apps(
  { headersTimeoutMs }: Pick<SelfCheckParts, 'headersTimeoutMs'>,
  listener: 'apps' | 'network',
  url: string,
  authorityPem: string | undefined,
  keys: AppFacts['keys'],
): CheckedListener {
  return {
    listener,
    url,
    target: targetOf(url, authorityPem),
    attacks: appAttacks({ ...factsOf(url), keys, headersTimeoutMs }),
  };
}

/** Row S3 and S15: off means that nobody listens, on means that somebody has a key. */
async function closedPorts(
  { access, lan }: SelfCheckParts,
  inferenceUrl: string,
  addresses: readonly string[],
): Promise<AttackResult[]> {
  if (lan.isOn) {
    const keys = access.keys.countGood(Date.now());
    return [
      {
        row: 'S15',
        listener: 'network',
        target: lan.urls.join(' '),
        title: 'find the network let in while nobody has a key',
        outcome: keys > 0 || lan.urls.length === 0 ? 'held' : 'failed',
        expected: 'at least one key, or no listener',
        got: `${keys} ${keys === 1 ? 'key' : 'keys'}, ${lan.urls.length} ${lan.urls.length === 1 ? 'address' : 'addresses'}`,
      },
    ];
  }
  const port = Number(new URL(inferenceUrl).port);
  return Promise.all(
    addresses.slice(0, 8).map(async (address): Promise<AttackResult> => {
      const reply = await exchange({ host: address, port, tls: undefined }, 'GET / HTTP/1.1\r\n\r\n', closedPortMs);
      return {
        row: 'S3',
        listener: 'network',
        target: `${address} port ${port}`,
        title: 'call from the network while it is switched off',
        outcome: reply.kind === 'refused' ? 'held' : 'failed',
        expected: 'nobody listens',
        got: reply.kind === 'refused' ? `no connection (${reply.reason})` : 'a connection',
      };
    }),
  );
}

/** Row S23: what a thief of the disk would find. */
async function files({ dataDirectory }: SelfCheckParts, secrets: readonly string[]): Promise<AttackResult[]> {
  const path = accessPath(dataDirectory);
  const texts = await Promise.all(['', '-wal'].map((ending) => readFile(path + ending, 'latin1').catch(() => '')));
  const hasKey =
    secrets.some((secret) => texts.some((text) => text.includes(secret))) ||
    texts.some((text) => /mr_[0-9a-f]{8}_[\w-]{43}/.test(text));
  const result = (title: string, expected: string, got: string, isHeld: boolean): AttackResult => ({
    row: 'S23',
    listener: 'files',
    target: 'access.db',
    title,
    outcome: isHeld ? 'held' : 'failed',
    expected,
    got,
  });
  const results = [result('read keys from the database', 'hashes only', hasKey ? 'a key' : 'no key', !hasKey)];
  if (process.platform === 'win32') return results;
  for (const file of ['access.db', 'run.json', join('tls', 'authority.key'), join('tls', 'server.key')]) {
    const found = await stat(join(dataDirectory, file)).catch(() => undefined);
    if (found === undefined) continue;
    const mode = found.mode & 0o777;
    const isOwn = (mode & 0o077) === 0;
    results.push({
      ...result('read it as another user of this computer', 'mode 600', `mode ${mode.toString(8)}`, isOwn),
      target: file,
    });
  }
  return results;
}

function targetOf(url: string, authorityPem: string | undefined): Target {
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port),
    tls: protocol === 'https:' ? { authorityPem } : undefined,
  };
}

function factsOf(url: string): { readonly host: string; readonly scheme: 'http' | 'https' } {
  const { host, protocol } = new URL(url);
  return { host, scheme: protocol === 'https:' ? 'https' : 'http' };
}
