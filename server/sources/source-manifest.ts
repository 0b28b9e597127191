/**
 * millrace-manifest.json beside a version at a source: which files make the version, with sizes and SHA-256. It is written last,
 * so a version with a manifest is complete or damaged, never half uploaded. Versions without one are taken when their listing
 * stayed the same over two passes (sync-plan.ts).
 */
import type { FileDigest } from '../models/staging.ts';
import { parseSourceKey } from './source-key.ts';

export const manifestName = 'millrace-manifest.json';

export interface SourceManifest {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  /** By path below the version's folder. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

const maxFiles = 1000;

/** `fault` completes "The manifest …". */
export type ManifestReading = { readonly manifest: SourceManifest } | { readonly fault: string };

export function parseManifestText(text: string, name: string, version: string): ManifestReading {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { fault: 'is no JSON' };
  }
  if (typeof raw !== 'object' || raw === null) return { fault: 'holds no object' };
  const { format, name: ofName, version: ofVersion, files } = raw as Partial<Record<keyof SourceManifest, unknown>>;
  if (format !== 1) return { fault: 'has a format that this Millrace does not know' };
  if (ofName !== name || ofVersion !== version) return { fault: 'belongs to another model or version' };
  if (typeof files !== 'object' || files === null || Array.isArray(files)) return { fault: 'lists no files' };
  const entries = Object.entries(files as Record<string, unknown>);
  if (entries.length > maxFiles) return { fault: `lists ${entries.length} files; at most ${maxFiles} are taken` };
  const read = Object.create(null) as Record<string, FileDigest>;
  for (const [path, digest] of entries) {
    const { sizeBytes, sha256 } = (digest ?? {}) as Partial<FileDigest>;
    const key = parseSourceKey(`${name}/${version}/${path}`);
    if (key.kind !== 'version-file' || key.path !== path) return { fault: 'names a file that is no plain path' };
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes! < 0) return { fault: 'has a size that is no number of bytes' };
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return { fault: 'has a SHA-256 that is none' };
    read[path] = { sizeBytes: sizeBytes!, sha256 };
  }
  if (read['model.onnx'] === undefined) return { fault: 'lists no model.onnx' };
  return { manifest: { format: 1, name, version, files: read } };
}

export function manifestText(manifest: SourceManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
