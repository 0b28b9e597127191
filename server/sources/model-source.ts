/**
 * A place that holds models as objects under keys, in Triton's layout: `<model>/<version>/model.onnx` and what belongs to it.
 *
 * The contract, which test/contract/model-source.test.ts runs against every kind:
 *
 *  - Keys are relative to the source, with `/`. Nothing about them is trusted: whoever lists judges them (source-key.ts).
 *  - An entry's etag changes whenever its bytes may have changed. Two equal etags of one key mean equal bytes.
 *  - `open` gives bytes of exactly the object that the etag names, or fails with reason `changed`. It may begin earlier than
 *    asked, never later, and says where it begins.
 *  - Every failure is a MillraceError `source-failed` with a reason and `retryable`; an aborted signal throws the signal's reason.
 *  - No message holds a secret, a signed URL, or a path of this machine other than the one in the source's own settings.
 */
import type { Readable } from 'node:stream';

export interface SourceEntry {
  readonly key: string;
  readonly sizeBytes: number;
  /** Not empty, opaque. */
  readonly etag: string;
}

export interface OpenOptions {
  /** Fails with `changed` where the object has another etag by now. */
  readonly etag: string;
  /** First byte wanted, 0 by default. */
  readonly fromByte?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedObject {
  /** Of the whole object. */
  readonly sizeBytes: number;
  /** Of the first byte of `body`. 0 from a server that does not know ranges. */
  readonly fromByte: number;
  /** Must be read to its end or destroyed. It ends early, or errors, where the connection is cut. */
  readonly body: Readable;
}

export interface PutOptions {
  readonly sizeBytes: number;
  /** Makes a fresh stream of the bytes; called again where a try failed. */
  readonly body: () => Readable;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}

export interface ModelSource {
  /** For people. */
  readonly address: string;
  /** Everything below the source, page by page. Fails with `limit` beyond `sourceLimits.entries`. */
  list(signal?: AbortSignal): AsyncIterable<readonly SourceEntry[]>;
  open(key: string, options: OpenOptions): Promise<OpenedObject>;
  /** Makes or replaces an object in one step: a reader sees the old bytes or the new ones. Bounded memory. */
  put(key: string, options: PutOptions): Promise<void>;
  /** Closes its connections. Idempotent. */
  close(): void;
}

export const sourceLimits = {
  /** Objects below one source; a hundred requests of a thousand. A bucket with more wants a prefix. */
  entries: 100_000,
  /** Folders in folders, for a directory: a version's external data may lie a few deep. */
  depth: 8,
  /** One answer that is no object, bytes: a thousand keys of a kilobyte, each character escaped, are 6 MB. */
  answerBytes: 16 * 1024 * 1024,
  /** millrace-manifest.json, bytes. */
  manifestBytes: 1024 * 1024,
} as const;
