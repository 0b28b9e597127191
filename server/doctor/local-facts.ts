/** What the doctor can see without a host: the data folder, disk, ports, databases and limits of this machine. Effects only. */
import { constants } from 'node:fs';
import { access, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { checkDatabase } from '../storage/check-database.ts';
import type { DataFolderFacts, DoctorFacts } from './doctor-facts.ts';

/** Entries of the data folder that are looked at; models are the store's, and are many. */
const maxEntries = 2000;
const othersMay = 0o077;
/** Numbers of `statfs` for file systems on other machines. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'smb'],
  [0xfe534d42, 'smb'],
  [0x517b, 'smb'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
]);

export async function dataFolderFacts(path: string): Promise<DataFolderFacts> {
  const exists = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const present = exists ? path : await nearestFolder(path);
  return {
    path,
    exists,
    fault: exists ? await writeFault(path) : await accessFault(present),
    openToOthers: exists && process.platform !== 'win32' ? await openToOthers(path) : [],
    networkFileSystem: await statfs(present).then(
      ({ type }) => networkTypes.get(Number(type) >>> 0),
      () => undefined,
    ),
  };
}

export async function diskFacts(path: string): Promise<DoctorFacts['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(await nearestFolder(path));
    return { freeBytes: Number(bavail) * Number(bsize), totalBytes: Number(blocks) * Number(bsize) };
  } catch {
    return undefined;
  }
}

export async function temporaryFacts(): Promise<DoctorFacts['temporary']> {
  const path = tmpdir();
  return { path, fault: await writeFault(path) };
}

/** Nobody listens on this port of loopback. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Every SQLite file of the data folder, and what is wrong with it. */
export async function databaseFacts(dataDirectory: string): Promise<DoctorFacts['databases']> {
  const found: { name: string; fault: string | undefined }[] = [];
  for (const folder of [dataDirectory, join(dataDirectory, 'cache')]) {
    for (const name of (await readdir(folder).catch(() => [])).filter((each) => each.endsWith('.db')).toSorted()) {
      const path = join(folder, name);
      found.push({ name: relative(dataDirectory, path), fault: checkDatabase(path) });
    }
  }
  return found;
}

/** Windows has no load average. */
export function loadPercent(): number | undefined {
  if (process.platform === 'win32') return undefined;
  return (100 * loadavg()[0]!) / availableParallelism();
}

export function maxOpenFiles(): number | undefined {
  if (process.platform === 'win32') return undefined;
  // Names of other machines are looked up otherwise, which takes seconds.
  (process.report as { excludeNetwork?: boolean }).excludeNetwork = true;
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Names of the variables that lead requests to this computer to a proxy. */
export function proxyVariables(environment: NodeJS.ProcessEnv): string[] {
  const present = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].filter(
    (name) => (environment[name] ?? '') !== '',
  );
  const excluded = `${environment['NO_PROXY'] ?? ''},${environment['no_proxy'] ?? ''}`.split(/[\s,]+/);
  const isLoopbackOut = excluded.includes('*') || (excluded.includes('127.0.0.1') && excluded.includes('localhost'));
  return isLoopbackOut ? [] : present;
}

async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await stat(at).then(
      () => true,
      () => false,
    );
    if (isThere || at === dirname(at)) return at;
  }
}

/** Writes for real: permissions alone do not tell of full or read-only disks. */
async function writeFault(folder: string): Promise<string | undefined> {
  try {
    const own = await mkdtemp(join(folder, '.millrace-doctor-'));
    try {
      await writeFile(join(own, 'probe'), 'probe', { flush: true });
    } finally {
      await rm(own, { recursive: true, force: true });
    }
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function accessFault(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return reasons['ENOTDIR'];
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOTDIR: 'a part of its path is a file',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? (code === '' ? message : code);
}

/** Entries that others may read, where they may enter the folder at all. */
async function openToOthers(folder: string): Promise<string[]> {
  const isOpen = async (path: string): Promise<boolean> => {
    const mode = await stat(path).then(
      (found) => found.mode,
      () => 0,
    );
    return (mode & othersMay) !== 0;
  };
  // Nobody gets into a folder that is closed, whatever its files allow.
  if (!(await isOpen(folder))) return [];
  const names = (await readdir(folder)).slice(0, maxEntries);
  const open: string[] = [];
  for (const name of names) if (await isOpen(join(folder, name))) open.push(name);
  return open;
}
