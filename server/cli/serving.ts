/**
 * `millrace models promote`, `rollback`, `pin`, `unpin`, `traffic`, `shadow`, `load`, `unload` and `refresh`. A running host is told and
 * carries it out; without one serving.json is changed, and the next start does.
 */
import { MillraceError } from '../base/errors.ts';
import { ModelStore } from '../models/model-store.ts';
import { promoted, rolledBack } from '../models/serving.ts';
import type { ServingWishes } from '../models/serving.ts';
import { changesBetween, readServing, refuseBreaking, writeServing } from '../models/serving-edit.ts';
import type { StoredServing } from '../models/serving-edit.ts';
import type { SignatureChange } from '../models/signature-diff.ts';
import type { ServingView } from '../protocol/admin/model-command.ts';
import { HostClient } from './host-client.ts';
import { changeLine } from './model-texts.ts';
import { runJob } from './run-job.ts';

export interface ServingFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly force?: boolean;
  /** With `traffic` and `shadow`: end it. */
  readonly off?: boolean;
}

export async function promoteCommand(name: string, version: string, flags: ServingFlags): Promise<void> {
  const isForced = flags.force === true;
  await change(name, flags, {
    path: 'promote',
    body: { version, ...(isForced && { force: true }) },
    before: async (store) => showChanges(store, name, version, flags),
    async edit(store) {
      const serving = await readServing(store, name, version);
      const { served, newest, wishes } = serving;
      if (!isForced) refuseBreaking(name, served, version, await changesBetween(store, name, served, version));
      return {
        serving,
        next: promoted(wishes, served, version, newest),
        done: `Version ${version} of ${name} will answer`,
      };
    },
    done: () => `Version ${version} of ${name} answers now.`,
  });
}

export async function rollbackCommand(name: string, flags: ServingFlags): Promise<void> {
  await change(name, flags, {
    path: 'rollback',
    body: {},
    async edit(store) {
      const serving = await readServing(store, name);
      const { served, versions, wishes, newest } = serving;
      const to = wishes.previous.find((each) => each !== served && versions.includes(each));
      if (to === undefined) {
        throw new MillraceError('invalid-request', `Nothing was served of ${name} before version ${served}.`, {
          hint: `Name a version: \`millrace models promote ${name} <version>\`.`,
        });
      }
      return {
        serving,
        next: rolledBack(wishes, served, to, newest),
        done: `Version ${to} of ${name} will answer again`,
      };
    },
    done: (result) => `Version ${(result as { to: string }).to} of ${name} answers again.`,
  });
}

export async function pinCommand(name: string, version: string | undefined, flags: ServingFlags): Promise<void> {
  const isForced = flags.force === true;
  await change(name, flags, {
    path: 'pin',
    body: { ...(version !== undefined && { version }), ...(isForced && { force: true }) },
    async edit(store) {
      const serving = await readServing(store, name, version);
      const { served, newest, wishes } = serving;
      const pinned = version ?? served;
      if (!isForced) refuseBreaking(name, served, pinned, await changesBetween(store, name, served, pinned));
      const next = pinned === served ? { ...wishes, served, seen: newest } : promoted(wishes, served, pinned, newest);
      return { serving, next: { ...next, isPinned: true }, done: `Version ${pinned} of ${name} is pinned` };
    },
    done: () => `${name} is pinned: newer versions do not take over.`,
  });
}

export async function unpinCommand(name: string, flags: ServingFlags): Promise<void> {
  await change(name, flags, {
    path: 'unpin',
    body: {},
    async edit(store) {
      const serving = await readServing(store, name);
      const { served, newest, wishes } = serving;
      return {
        serving,
        next: { ...wishes, served, seen: newest, isPinned: false },
        done: `${name} is not pinned any more`,
      };
    },
    done: () => `${name} is not pinned any more.`,
  });
}

/** `shares` as `<version>=<weight>`. */
export async function trafficCommand(name: string, shares: readonly string[], flags: ServingFlags): Promise<void> {
  const weights = flags.off === true ? undefined : parseShares(shares);
  if (weights === undefined && flags.off !== true) {
    await showServing(name, flags);
    return;
  }
  await change(name, flags, {
    path: 'traffic',
    body: { weights: weights ?? null },
    async edit(store) {
      const serving = await readServing(store, name);
      for (const version of Object.keys(weights ?? {})) await store.find(name, version);
      const { served, newest, wishes } = serving;
      const next = { ...wishes, served, seen: newest, traffic: weights };
      return { serving, next, done: weights === undefined ? `${name} is not split any more` : `${name} is split` };
    },
    done: () => (weights === undefined ? `${name} is not split any more.` : `${name} is split: ${shares.join(', ')}.`),
  });
}

export async function shadowCommand(name: string, version: string | undefined, flags: ServingFlags): Promise<void> {
  if (version === undefined && flags.off !== true) {
    await showServing(name, flags);
    return;
  }
  const shadow = flags.off === true ? undefined : version;
  await change(name, flags, {
    path: 'shadow',
    body: { version: shadow ?? null },
    async edit(store) {
      const serving = await readServing(store, name, shadow);
      const done = shadow === undefined ? `${name} has no shadow any more` : `Version ${shadow} shadows ${name}`;
      return { serving, next: { ...serving.wishes, shadow }, done };
    },
    done: () => (shadow === undefined ? `${name} has no shadow any more.` : `Version ${shadow} shadows ${name} now.`),
  });
}

export async function loadCommand(name: string, flags: ServingFlags): Promise<void> {
  await runJob(
    await HostClient.find(flags.data),
    `/models/${encodeURIComponent(name)}/load`,
    {},
    flags,
    () => `${name} is loaded.`,
  );
}

export async function unloadCommand(name: string, flags: ServingFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  await runJob(client, `/models/${encodeURIComponent(name)}/unload`, {}, flags, () => `${name} is unloaded.`);
}

export async function refreshCommand(flags: ServingFlags): Promise<void> {
  await runJob(
    await HostClient.find(flags.data),
    '/models/refresh',
    {},
    flags,
    () => 'The host has looked at its models.',
  );
}

interface Change {
  readonly path: string;
  readonly body: object;
  /** Shown before it is done. */
  before?(store: ModelStore): Promise<void>;
  /** Without a host. */
  edit(store: ModelStore): Promise<{
    readonly serving: StoredServing;
    readonly next: ServingWishes;
    /** Without a full stop. */
    readonly done: string;
  }>;
  /** With a host. */
  done(result: unknown): string;
}

async function change(name: string, flags: ServingFlags, wish: Change): Promise<void> {
  const store = new ModelStore(flags.data);
  await wish.before?.(store);
  const client = await HostClient.running(flags.data);
  if (client !== undefined) {
    await runJob(client, `/models/${encodeURIComponent(name)}/${wish.path}`, wish.body, flags, wish.done);
    return;
  }
  const { serving, next, done } = await wish.edit(store);
  await writeServing(store, serving.name, next);
  console.log(
    flags.json === true
      ? JSON.stringify({ name: serving.name, ...next, isHostRunning: false }, undefined, 2)
      : `${done}, from the next start on: no host runs for this data folder.`,
  );
}

/** What apps will notice, before they do. */
async function showChanges(store: ModelStore, name: string, version: string, flags: ServingFlags): Promise<void> {
  if (flags.json === true || (await store.storedName(name)) === undefined) return;
  const { served } = await readServing(store, name, version);
  const changes: readonly SignatureChange[] = await changesBetween(store, name, served, version);
  if (changes.length === 0) return;
  console.log(`Version ${version} compared with version ${served}:`);
  for (const each of changes) console.log(changeLine(each));
}

async function showServing(name: string, flags: ServingFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const serving = await client.get<ServingView>(`/models/${encodeURIComponent(name)}/serving`);
  console.log(flags.json === true ? JSON.stringify(serving, undefined, 2) : servingText(serving));
}

function servingText({ name, served, isPinned, traffic, shadow, stored }: ServingView): string {
  const shares = Object.entries(traffic).map(([version, percent]) => `${Math.round(percent)} % to version ${version}`);
  const lines = [
    `${name}: version ${served} answers${isPinned ? ', pinned' : ''}; on disk are ${stored.map(({ version }) => version).join(', ')}`,
    `Requests without a version: ${shares.join(', ')}`,
  ];
  if (shadow !== undefined) {
    const { version, compared, different, differentShare, worstDifference, failed, passedOver } = shadow;
    lines.push(
      `Shadow version ${version}: ${different} of ${compared} answers differ (${(100 * differentShare).toFixed(1)} %), by at most ${worstDifference}; ${failed} failed, ${passedOver} were not copied`,
    );
  }
  return lines.join('\n');
}

function parseShares(shares: readonly string[]): Record<string, number> | undefined {
  if (shares.length === 0) return undefined;
  return Object.fromEntries(
    shares.map((share) => {
      const found = /^([1-9]\d{0,17})=(\d{1,4}(?:\.\d+)?)$/.exec(share);
      if (found === null) {
        throw new MillraceError('invalid-config', `${share} is no share: expected <version>=<weight>, as in 2=10.`);
      }
      return [found[1]!, Number(found[2])];
    }),
  );
}
