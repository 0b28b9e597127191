/**
 * What is to be imported, opened: a file, a folder, or an archive unpacked into staging. From here on all three are a folder
 * with models in it.
 */
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { extractZip } from './archive.ts';
import type { ArchiveHooks } from './archive-rules.ts';
import { findModels } from './package-layout.ts';
import type { PackageModel } from './package-layout.ts';
import { extractTar, isTar } from './tar-archive.ts';

export interface ImportSource {
  /** Absolute, links resolved. */
  readonly root: string;
  /** As shown and recorded: the last part of the path. */
  readonly name: string;
  readonly models: readonly PackageModel[];
  readonly passedOver: readonly string[];
}

/**
 * `unpackInto` is an empty folder in staging. `shownAs` is what people call the file where its name on disk is ours.
 * Throws `invalid-config` where nothing is at the path.
 */
export async function openSource(
  path: string,
  unpackInto: string,
  hooks: ArchiveHooks,
  shownAs?: string,
): Promise<ImportSource> {
  const real = await realpath(path).catch((error: unknown) => {
    throw notReadable(path, error);
  });
  const facts = await stat(real);
  const name = shownAs ?? (basename(path) === '' || /^\.+$/.test(basename(path)) ? basename(real) : basename(path));
  if (facts.isDirectory()) return { root: real, name, ...(await findModels(real, name)) };
  if (!facts.isFile()) {
    throw new MillraceError('invalid-config', `${name} is neither a file nor a folder.`, {
      hint: 'Name a model.onnx, a folder with models, or a zip or tar archive.',
    });
  }
  if (await isZip(real)) {
    await extractZip(real, name, unpackInto, hooks);
    return { root: unpackInto, name, ...(await findModels(unpackInto, name.replace(/\.zip$/i, ''))) };
  }
  if (await isTar(real)) {
    await extractTar(real, name, unpackInto, hooks);
    return { root: unpackInto, name, ...(await findModels(unpackInto, name.replace(/\.(?:tgz|tar|tar\.gz)$/i, ''))) };
  }
  const file = basename(real);
  const model = {
    name: name.replace(/\.[A-Za-z]{1,8}$/, ''),
    folder: undefined,
    versions: [{ version: undefined, folder: '', file, ...(shownAs !== undefined && { shownAs }) }],
  };
  const named = shownAs === undefined ? nameOfGenericFile(model, real) : model;
  return { root: dirname(real), name, models: [named], passedOver: [] };
}

/** Every exporter calls its file model.onnx: the folder around it says more, past the number of a version. */
function nameOfGenericFile(model: PackageModel, path: string): PackageModel {
  if (model.name !== 'model') return model;
  const folders = dirname(path).split(/[\\/]/);
  const folder = folders.findLast((each) => !/^(?:\d+|onnx|)$/.test(each));
  return folder === undefined ? model : { ...model, name: folder };
}

/** PyTorch and Keras files are zips as well; archive.ts tells them apart by what is in them. */
async function isZip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return (
      bytesRead === 4 && (buffer.toString('latin1') === 'PK\x03\x04' || buffer.toString('latin1') === 'PK\x05\x06')
    );
  } finally {
    await handle.close();
  }
}

function notReadable(path: string, cause: unknown): MillraceError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  const message = code === 'ENOENT' ? `There is nothing at ${path}.` : `${path} cannot be read (${code}).`;
  return new MillraceError('invalid-config', message, {
    hint: 'Name a model.onnx, a folder with models, or a zip or tar archive.',
    cause,
  });
}

/** Below the package, with `/`. */
export function packagePath(folder: string, file: string): string {
  return join(folder, file).replaceAll('\\', '/');
}
