/**
 * Reads single files of a model repository, and says what is wrong with one in a form that a person can mend. Never follows a
 * link out of the repository.
 */
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { asMillraceError, MillraceError } from '../base/errors.ts';

export interface RepositoryProblem {
  /** Relative to the repository, with `/` on every system. */
  readonly path: string;
  /** One sentence; holds no absolute path. */
  readonly message: string;
  /** What a person can do about it. */
  readonly hint: string;
}

/** labels.txt and millrace.json are read whole; ImageNet's 1000 labels take 30 kB. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** Text of a file of the repository without a byte-order mark; undefined where there is none. */
export async function readText(root: string, path: string): Promise<string | undefined> {
  const file = await findFile(root, path);
  if (file === undefined) return undefined;
  if (file.sizeBytes > MAX_TEXT_BYTES) {
    const message = `${path} has ${file.sizeBytes} bytes; at most ${MAX_TEXT_BYTES} are read.`;
    throw new ScanProblem(path, message, `Make ${path} smaller.`);
  }
  const bytes = await readFile(file.path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ScanProblem(path, `${path} is not UTF-8 text.`, 'Save it as UTF-8.');
  }
}

/**
 * The regular file at `path`; undefined where nothing is there. A link may point elsewhere in the repository, never out of it: a
 * copied folder must not make the server show /etc/passwd as labels. A pipe is refused: reading it would never end.
 */
export async function findFile(root: string, path: string): Promise<{ path: string; sizeBytes: number } | undefined> {
  const asWritten = join(root, path);
  try {
    await lstat(asWritten);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
  const real = await realpath(asWritten).catch((error: unknown) => {
    throw new ScanProblem(
      path,
      `${path} is a link that leads nowhere (${codeOf(error)}).`,
      'Put the file itself there.',
    );
  });
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new ScanProblem(path, `${path} is a link out of the model folder.`, 'Copy the file itself into the folder.');
  }
  const facts = await stat(real);
  if (!facts.isFile()) throw new ScanProblem(path, `${path} is not a file.`, 'Put a file of that name there.');
  return { path: real, sizeBytes: facts.size };
}

/** A problem on its way to the list; never leaves the scan. */
export class ScanProblem extends Error {
  readonly problem: RepositoryProblem;
  constructor(path: string, message: string, hint: string) {
    super(message);
    this.problem = { path, message, hint };
  }
}

export function problemOf(error: unknown, path: string): RepositoryProblem {
  if (error instanceof ScanProblem) return error.problem;
  if (error instanceof MillraceError) {
    const [message, hint] = wordsOf(error);
    return { path, message, hint };
  }
  return { path, message: `${path} cannot be read (${codeOf(error)}).`, hint: 'Check that this user may read it.' };
}

export function wordsOf(error: unknown): [message: string, hint: string] {
  const known = asMillraceError(error);
  return [known.message, known.hint ?? 'Look at the log.'];
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
}
