/** `millrace keys …`: the keys of client programs, by the running host or, where none runs, in its data folder. */
import { makeUnkeptKey, withKeys } from '../host/offline-keys.ts';
import { MillraceError } from '../base/errors.ts';
import { newKeySchema } from '../protocol/admin/key-view.ts';
import type { KeyView, MadeKey, NewKey } from '../protocol/admin/key-view.ts';
import { HostClient } from './host-client.ts';
import { table } from './output.ts';

export interface KeyFlags {
  readonly data: string;
  readonly json?: boolean;
}

export interface CreateKeyFlags extends KeyFlags {
  readonly right?: readonly string[];
  readonly model?: readonly string[];
  readonly address?: readonly string[];
  readonly rate?: string;
  readonly share?: string;
  readonly days?: string;
  readonly privateCache?: boolean;
  readonly forSettings?: boolean;
}

export async function createKeyCommand(name: string, flags: CreateKeyFlags): Promise<void> {
  const wish = wishOf(name, flags);
  if (flags.forSettings === true) {
    printForSettings(wish, flags);
    return;
  }
  const client = await HostClient.running(flags.data);
  const made =
    client === undefined
      ? withKeys(flags.data, (keys) => keys.make(wish, Date.now()))
      : await client.post<MadeKey>('/keys', wish);
  if (flags.json === true) console.log(JSON.stringify(made, undefined, 2));
  else console.log(madeText(made));
}

export async function listKeysCommand(flags: KeyFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  const keys =
    client === undefined
      ? withKeys(flags.data, (ring) => ring.views(Date.now()))
      : await client.get<KeyView[]>('/keys');
  console.log(flags.json === true ? JSON.stringify(keys, undefined, 2) : keysText(keys));
}

export async function revokeKeyCommand(idOrName: string, flags: KeyFlags): Promise<void> {
  const client = await HostClient.running(flags.data);
  const key =
    client === undefined
      ? withKeys(flags.data, (keys) => keys.revoke(idOrName, Date.now()))
      : await client.delete<KeyView>(`/keys/${encodeURIComponent(idOrName)}`);
  console.log(
    flags.json === true
      ? JSON.stringify(key, undefined, 2)
      : `Revoked the key '${key.name}' (${key.id}). Its next request is refused.`,
  );
}

export function madeText({ key, secret }: MadeKey): string {
  return [
    `Made the key '${key.name}' (${key.id}): ${mayText(key)}.`,
    '',
    `  ${secret}`,
    '',
    'This is the only time that it is shown. Programs send it as `Authorization: Bearer …` or as `x-api-key`.',
  ].join('\n');
}

export function keysText(keys: readonly KeyView[]): string {
  if (keys.length === 0)
    return 'There are no keys. Programs on this computer call without one; the network cannot call.';
  return table(
    ['KEY', 'NAME', 'MAY', 'MODELS', 'RATE', 'LAST USED', 'FROM', 'ENDS'],
    keys.map((key) => [
      key.id,
      key.name,
      key.rights.join(', '),
      key.models?.join(', ') ?? 'all',
      key.ratePerSecond === undefined ? '-' : `${key.ratePerSecond}/s`,
      key.lastUsedAt?.slice(0, 16).replace('T', ' ') ?? 'never',
      key.lastAddress ?? '-',
      key.expiresAt === undefined ? 'never' : `${key.isExpired ? 'ended ' : ''}${key.expiresAt.slice(0, 10)}`,
    ]),
  );
}

function mayText({ rights, models, expiresAt }: KeyView): string {
  const words = { infer: 'asks models', metrics: 'reads metrics', admin: 'may do everything' } as const;
  const what = rights.map((right) => words[right]).join(', ');
  const which = models === undefined ? '' : `, of models only ${models.join(', ')}`;
  return `${what}${which}${expiresAt === undefined ? '' : `, until ${expiresAt.slice(0, 10)}`}`;
}

function wishOf(name: string, flags: CreateKeyFlags): NewKey {
  const result = newKeySchema.safeParse({
    name,
    ...(flags.right !== undefined && { rights: flags.right }),
    ...(flags.model !== undefined && { models: flags.model }),
    ...(flags.address !== undefined && { addresses: flags.address }),
    ...(flags.rate !== undefined && { ratePerSecond: Number(flags.rate) }),
    ...(flags.share !== undefined && { share: Number(flags.share) }),
    ...(flags.days !== undefined && { days: Number(flags.days) }),
    hasPrivateCache: flags.privateCache === true,
  });
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'the key'}: ${message}`);
  throw new MillraceError('invalid-config', `This is no key that can be made: ${faults.join('; ')}.`, {
    hint: 'See `millrace keys create --help`.',
  });
}

function printForSettings({ days: _days, ...wish }: NewKey, flags: CreateKeyFlags): void {
  const { id, secret, sha256 } = makeUnkeptKey();
  const entry = { id, sha256, ...wish };
  if (flags.json === true) {
    console.log(JSON.stringify({ secret, entry }, undefined, 2));
    return;
  }
  console.log(
    [
      'Put this into the list `keys` of the settings file:',
      '',
      JSON.stringify(entry, undefined, 2),
      '',
      'and give this to the program that calls; it is kept nowhere:',
      '',
      `  ${secret}`,
    ].join('\n'),
  );
}
