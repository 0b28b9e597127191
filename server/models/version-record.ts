/**
 * version.json: what the store knows of one published version. Written once, before the version is published, and never
 * changed. It carries a checksum of itself, so that a flipped bit in it is found like one in a weight.
 */
import { createHash } from 'node:crypto';
import type { Signature } from '../protocol/tensors.ts';
import type { ModelSummary } from './inspection.ts';
import type { FileDigest } from './staging.ts';

export interface VersionOrigin {
  /** The name of the file, folder or archive, without its path. */
  readonly source: string;
  /** Where in it the model was; empty where the source is the model itself. */
  readonly path: string;
  /** SHA-256 of the model file as it came. It differs from the stored one where `changes` is not empty. */
  readonly sha256: string;
  /** What was changed in the file, one sentence each. */
  readonly changes: readonly string[];
  /** Files that were not there but were taken over from the version before. */
  readonly carried: readonly string[];
}

/** What the trial in a child process measured. */
export interface TrialResult {
  readonly signature: Signature;
  /** Why batching is on or off, one sentence. */
  readonly batching: string;
  /** 0 where requests run one by one. */
  readonly maxBatchSize: number;
  readonly loadMs: number;
  /** Memory of the whole child after its first runs; a process without a model has about 60 MB. */
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Saved test cases that ran; undefined where there are none or they were skipped. */
  readonly samples: { readonly rows: number; readonly worstError: number } | undefined;
}

export interface VersionRecord {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  /** Of the contents: SHA-256 over the names and digests of the files. Equal contents have equal digests. */
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly importedAt: string;
  readonly origin: VersionOrigin;
  /** By path below the version's folder, with `/`; version.json itself is not among them. */
  readonly files: Readonly<Record<string, FileDigest>>;
  readonly model: ModelSummary;
  readonly trial: TrialResult;
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

/** The identity of a version's contents. */
export function contentDigest(files: Readonly<Record<string, FileDigest>>): string {
  const lines = Object.keys(files)
    .sort()
    .map((path) => `${path}\0${files[path]!.sha256}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** The identity of what was imported, without what was taken over from the version before. */
export function ownDigest({ files, origin }: VersionRecord): string {
  return contentDigest(Object.fromEntries(Object.entries(files).filter(([path]) => !origin.carried.includes(path))));
}

export function recordText(record: VersionRecord): string {
  return `${JSON.stringify({ checksum: checksumOf(record), ...record }, undefined, 2)}\n`;
}

/** Undefined where the text is not exactly what `recordText` once made, spaces aside. */
export function parseRecord(text: string): VersionRecord | undefined {
  try {
    const { checksum, ...record } = JSON.parse(text) as VersionRecord & { checksum: string };
    return record.format === 1 && checksum === checksumOf(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf(record: VersionRecord): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('hex');
}
