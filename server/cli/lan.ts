/** `millrace lan …` and `millrace security check`: how the network reaches the running host, who was refused, and a test of it all. */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import encodeQR from 'qr';
import { MillraceError } from '../base/errors.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { MadeKey } from '../protocol/admin/key-view.ts';
import type { LanAnswer, LanChange, LanTls, LanView } from '../protocol/admin/lan-view.ts';
import type { OpenedPairing, PairingView } from '../protocol/admin/pairing-view.ts';
import type { CallerRulesView, RefusedClient } from '../protocol/admin/refused-client.ts';
import type { SelfCheckReport } from '../protocol/admin/self-check.ts';
import { HostClient } from './host-client.ts';
import { followJob } from './host-jobs.ts';
import { madeText } from './keys.ts';
import { exitCodes, table } from './output.ts';
import { LiveLine } from './live-line.ts';

export interface LanFlags {
  readonly data: string;
  readonly json?: boolean;
}

export interface LanOnFlags extends LanFlags {
  readonly address?: readonly string[];
  readonly allPrivate?: boolean;
  readonly port?: number;
  /** False with --no-tls. */
  readonly tls?: boolean;
  readonly certificate?: string;
  readonly key?: string;
  readonly name?: string;
  /** False with --no-announce. */
  readonly announce?: boolean;
  readonly confirmPublic?: readonly string[];
}

export interface AllowFlags extends LanFlags {
  readonly name?: string;
  readonly page?: string;
  readonly block?: string;
  readonly unblock?: string;
  readonly remove?: boolean;
  readonly local?: 'key' | 'open';
}

export interface PairFlags extends LanFlags {
  readonly model?: readonly string[];
  readonly rate?: string;
  readonly days?: string;
  readonly yes?: boolean;
}

export async function lanStatusCommand(flags: LanFlags): Promise<void> {
  const lan = await (await HostClient.find(flags.data)).get<LanView>('/lan');
  print(flags, lan, lanText(lan));
}

export async function lanOnCommand(flags: LanOnFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const tls = tlsOf(flags);
  const change: LanChange = {
    on: true,
    ...(flags.address !== undefined && { addresses: [...flags.address] }),
    ...(flags.allPrivate === true && { addresses: 'private' as const }),
    ...(flags.port !== undefined && { port: flags.port }),
    ...(tls !== undefined && { tls }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.announce === false && { announce: false }),
    ...(flags.confirmPublic !== undefined && { confirmPublic: [...flags.confirmPublic] }),
  };
  const { lan, made } = await client.patch<LanAnswer>('/lan', change, patienceMs);
  print(
    flags,
    { lan, ...(made !== undefined && { made }) },
    [...(made === undefined ? [] : [madeText(made), '']), lanText(lan)].join('\n'),
  );
  if (lan.listeners.every(({ url }) => url === undefined)) process.exitCode = exitCodes.failed;
}

export async function lanOffCommand(flags: LanFlags): Promise<void> {
  const { lan } = await (await HostClient.find(flags.data)).patch<LanAnswer>('/lan', { on: false }, patienceMs);
  print(flags, { lan }, 'The network can no longer reach this host.');
}

export async function authorityCommand(path: string | undefined, flags: LanFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const [lan, pem] = [await client.get<LanView>('/lan'), await client.text('/lan/authority.pem')];
  const fingerprint = lan.authority?.fingerprint;
  if (path === undefined) {
    process.stdout.write(pem);
    return;
  }
  await writeFile(path, pem);
  print(
    flags,
    { path: resolve(path), fingerprint },
    `Wrote the certificate to ${resolve(path)}.\nSHA-256 ${fingerprint}`,
  );
}

export async function refusedCommand(flags: LanFlags): Promise<void> {
  const refused = await (await HostClient.find(flags.data)).get<RefusedClient[]>('/refused-clients');
  print(flags, refused, refusedText(refused));
}

export async function fixCommand(id: string, flags: LanFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const { made } = await client.post<{ made?: MadeKey }>(`/refused-clients/${encodeURIComponent(id)}/fix`, {});
  print(flags, { made }, made === undefined ? 'It may call from now on.' : madeText(made));
}

export async function allowCommand(flags: AllowFlags): Promise<void> {
  const member = {
    ...(flags.name !== undefined && { host: flags.name }),
    ...(flags.page !== undefined && { origin: flags.page }),
  };
  const change = {
    ...(flags.remove === true
      ? { remove: { ...member } }
      : { add: { ...member, ...(flags.block !== undefined && { blocked: flags.block }) } }),
    ...(flags.unblock !== undefined && { remove: { ...member, blocked: flags.unblock } }),
    ...(flags.local !== undefined && { localNeedsKey: flags.local === 'key' }),
  };
  const client = await HostClient.find(flags.data);
  const rules = await client.patch<CallerRulesView>('/callers', change);
  print(flags, rules, rulesText(rules));
}

/** Waits for one device; a person compares the number and says yes. */
export async function pairCommand(flags: PairFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const { pairing, links } = await client.post<OpenedPairing>('/pairings', {
    ...(flags.model !== undefined && { models: flags.model }),
    ...(flags.rate !== undefined && { ratePerSecond: Number(flags.rate) }),
    ...(flags.days !== undefined && { days: Number(flags.days) }),
  });
  const path = `/pairings/${pairing.id}`;
  const onSignal = (): void => {
    void client.delete(path).finally(() => process.exit(exitCodes.failed));
  };
  process.on('SIGINT', onSignal);
  try {
    console.log(`Scan this with the device, or open the link there. It is good once, for five minutes.\n`);
    console.log(encodeQR(links[0]!, 'ascii'));
    for (const link of links) console.log(`  ${link}`);
    const claimed = await untilPairing(client, pairing.id, (state) => state !== 'waiting');
    if (claimed.state !== 'claimed') throw over(claimed);
    console.log(`\n'${claimed.deviceName}' at ${claimed.address} is there and shows the number ${claimed.number}.`);
    if (!(await isConfirmed(flags))) {
      await client.delete(path);
      throw new MillraceError('conflict', 'The device was sent away.');
    }
    await client.post(`${path}/confirm`, {});
    const done = await untilPairing(client, pairing.id, (state) => state !== 'confirmed');
    if (done.state !== 'done') throw over(done);
    print(flags, done, `'${done.deviceName}' has its key. Take it back with: millrace keys revoke ${done.keyId}`);
  } finally {
    process.off('SIGINT', onSignal);
  }
}

export async function securityCheckCommand(flags: LanFlags & { readonly all?: boolean }): Promise<void> {
  const client = await HostClient.find(flags.data);
  const line = new LiveLine();
  const abort = new AbortController();
  const onSignal = (): void => abort.abort(new MillraceError('conflict', 'It was stopped.'));
  process.on('SIGINT', onSignal);
  try {
    const job = await followJob(
      client,
      await client.post<JobView>('/self-checks', {}),
      ({ step, done, total }) => line.show(`${step}: ${done} of ${total}`),
      abort.signal,
    );
    line.end();
    const report = job.result as SelfCheckReport;
    print(flags, report, reportText(report, flags.all === true));
    if (report.failed > 0) process.exitCode = exitCodes.failed;
  } finally {
    line.end();
    process.off('SIGINT', onSignal);
  }
}

/** Certificates and the network's name take a moment. */
const patienceMs = 30_000;

function tlsOf({ tls, certificate, key }: LanOnFlags): LanTls | undefined {
  if ((certificate === undefined) !== (key === undefined)) {
    throw new MillraceError('invalid-config', 'A certificate and its key belong together.', {
      hint: 'Give both --certificate and --key, or neither.',
    });
  }
  if (certificate !== undefined && key !== undefined) {
    return { kind: 'files', certificateFile: resolve(certificate), keyFile: resolve(key) };
  }
  return tls === undefined ? undefined : { kind: tls ? 'own' : 'off' };
}

async function untilPairing(
  client: HostClient,
  id: string,
  isThere: (state: PairingView['state']) => boolean,
): Promise<PairingView> {
  for (;;) {
    const found = (await client.get<PairingView[]>('/pairings')).find((each) => each.id === id);
    if (found === undefined) throw new MillraceError('not-found', 'The pairing is over.');
    if (isThere(found.state)) return found;
    await sleep(500);
  }
}

function over({ state }: PairingView): MillraceError {
  return new MillraceError('conflict', state === 'ended' ? 'Nobody came in time.' : 'The device was sent away.', {
    hint: 'Begin anew with `millrace lan pair`.',
  });
}

async function isConfirmed({ yes }: PairFlags): Promise<boolean> {
  if (yes === true) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question('Is this the number on the device? [y/N] ');
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

export function lanText(lan: LanView): string {
  const { wish, listeners, authority, certificate, announcedName, tlsTrouble, firewall } = lan;
  if (!wish.on) {
    return [
      'The network cannot reach this host. Switch it on with: millrace lan on',
      ...lan.addresses.map(({ address, interfaceName, kind }) => `  ${address}  (${interfaceName}, ${kind})`),
    ].join('\n');
  }
  return [
    table(
      ['ADDRESS', 'ON', 'CLIENTS CALL', 'NOTE'],
      listeners.map(({ address, interfaceName, url, trouble }) => [
        address,
        interfaceName || '-',
        url ?? '-',
        trouble ?? '',
      ]),
    ),
    '',
    `Every request needs a key; ${lan.keys} ${lan.keys === 1 ? 'is' : 'are'} good.`,
    ...(announcedName === undefined ? [] : [`The network knows it as ${announcedName}.`]),
    ...(certificate === undefined
      ? wish.tls.kind === 'off'
        ? [
            'It is not encrypted: whoever listens on the network reads keys and data. Encrypt it with: millrace lan on --tls',
          ]
        : []
      : [
          `Encrypted with a certificate good to ${certificate.notAfter.slice(0, 10)}, SHA-256 ${certificate.fingerprint}.`,
        ]),
    ...(authority === undefined
      ? []
      : [
          `Devices trust it once they have the authority's certificate: millrace lan authority millrace-authority.pem`,
          `SHA-256 ${authority.fingerprint}`,
        ]),
    ...(tlsTrouble === undefined ? [] : [tlsTrouble]),
    '',
    `If nothing arrives, look at the firewall. ${firewall.sentence}`,
    ...firewall.commands.slice(0, 2).map(({ title, command }) => `  ${title}:\n    ${command}`),
  ].join('\n');
}

function refusedText(refused: readonly RefusedClient[]): string {
  if (refused.length === 0) return 'Nobody was refused.';
  return table(
    ['ID', 'LAST', 'TIMES', 'WHAT', 'FIX'],
    refused.map(({ id, lastAt, count, sentence, hint, fix }) => [
      id,
      lastAt.slice(0, 19).replace('T', ' '),
      String(count),
      sentence,
      fix === 'none' || fix === 'give-certificate' ? hint : `millrace lan fix ${id}`,
    ]),
  );
}

function rulesText({ hosts, origins, blocked, localNeedsKey }: CallerRulesView): string {
  const list = (name: string, entries: readonly string[]): string => `${name}: ${entries.join(', ') || 'none'}`;
  return [
    list('Names of this machine', hosts),
    list('Pages that may call', origins),
    list('Blocked addresses', blocked),
    `Programs of this computer ${localNeedsKey ? 'need a key while there are keys' : 'need no key'}.`,
  ].join('\n');
}

export function reportText(report: SelfCheckReport, isWhole: boolean): string {
  const shown = report.results.filter(({ outcome }) => isWhole || outcome !== 'held');
  const summary = `${report.held} attacks were refused as they should be, ${report.failed} were not${report.skipped > 0 ? `, ${report.skipped} were skipped` : ''}.`;
  if (shown.length === 0) return summary;
  const rows = shown.map(({ row, listener, title, outcome, expected, got }) => [
    row,
    listener,
    outcome,
    title,
    expected,
    got,
  ]);
  return `${table(['ROW', 'LISTENER', 'OUTCOME', 'ATTACK', 'EXPECTED', 'GOT'], rows)}\n\n${summary}`;
}

function print(flags: LanFlags, value: unknown, text: string): void {
  console.log(flags.json === true ? JSON.stringify(value, undefined, 2) : text);
}
