/**
 * What the store offers to a host that starts: every byte of it compared with what was imported. A version that changed on
 * disk goes to quarantine, and the one before it is offered instead.
 */
import { MillraceError } from '../base/errors.ts';
import type { RepositoryProblem } from './repository-file.ts';
import { ModelStore } from './model-store.ts';
import { clearAbandoned } from './staging.ts';

export interface StoreScan {
  /** The folder to serve; undefined where the store has no model. */
  readonly modelsFolder: string | undefined;
  readonly problems: readonly RepositoryProblem[];
}

/** Also clears away what killed processes left. Throws `invalid-config` where a damaged version cannot be moved away. */
export async function scanStore(
  dataDirectory: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<StoreScan> {
  const store = new ModelStore(dataDirectory);
  await clearAbandoned(store.stagingFolder);
  await store.trash.empty(Date.now()).catch(() => {});
  for (const name of await store.names()) {
    for (const version of await store.versions(name)) await checkVersion(store, name, version, onBytes);
  }
  await store.clearEmptyFolders();
  const problems: RepositoryProblem[] = [];
  for (const { name, version, fault } of await store.quarantined()) {
    const others = await store.versions(name);
    const offered = others.length === 0 ? 'No other version is there.' : `Version ${others.at(-1)} is served instead.`;
    problems.push({
      path: `${name}/${version}`,
      message: `Version ${version} of ${name} ${fault}; it is in quarantine. ${offered}`,
      hint: 'Import it again from where it came, or remove it with `millrace models remove`.',
    });
  }
  const isEmpty = (await store.names()).length === 0;
  return { modelsFolder: isEmpty ? undefined : store.modelsFolder, problems };
}

/** Compares one version and moves it away if it changed; what was wrong, or undefined. */
export async function checkVersion(
  store: ModelStore,
  name: string,
  version: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<string | undefined> {
  const { fault } = await store.check(name, version, onBytes);
  if (fault === undefined) return undefined;
  try {
    await store.quarantine(name, version, fault);
  } catch (cause) {
    throw new MillraceError(
      'invalid-config',
      `Version ${version} of ${name} ${fault}, and it cannot be moved to quarantine.`,
      {
        hint: 'Stop the programs that have it open, or remove its folder.',
        cause,
      },
    );
  }
  return fault;
}
