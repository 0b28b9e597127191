/**
 * What host and replica say to each other: JSON bodies of the control frames and the fixed heads of the hot ones.
 * Plain data with its encoders; who sends what when is cluster/replica.ts and replica/main.ts.
 */
import type { ErrorCode } from '../base/errors.ts';
import { MillraceError } from '../base/errors.ts';
import type { Device } from './device.ts';
import { predictForms } from './predict-form.ts';
import type { PredictForm } from './predict-form.ts';
import type { Recipe } from './recipe.ts';
import type { Signature } from './tensors.ts';

/** Body of a `load` frame. */
export interface LoadCommand {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the model file. */
  readonly modelPath: string;
  /** Threads inside one run, at least 1. */
  readonly intraOpThreads: number;
  /** Whether idle threads spin. Only where one replica owns the machine. */
  readonly spinning: boolean;
  /** Rows per batch as configured; undefined lets the replica find out whether batching is right for the model. */
  readonly maxBatchSize: number | undefined;
  readonly maxBatchDelayMs: number;
  readonly labels: readonly string[] | undefined;
  readonly featureNames: readonly string[] | undefined;
  readonly recipe?: Recipe | undefined;
  /** Default: the CPU. */
  readonly device?: Device | undefined;
}

/** Body of a `loaded` frame: the replica is warm and may receive requests. */
export interface LoadedReport {
  readonly signature: Signature;
  /** 0 where requests run one by one. */
  readonly maxBatchSize: number;
  /** Why batching is on or off, one sentence. */
  readonly batching: string;
  /** False where the model gave two answers to one question while it was tried. */
  readonly repeats: boolean;
  /** Reading the file and building the session. */
  readonly loadMs: number;
  /** First runs, which allocate. */
  readonly warmUpMs: number;
  readonly rssBytes: number;
}

/** Body of a `memory` frame. */
export interface MemoryReport {
  readonly rssBytes: number;
  /** CPU time since the process started. */
  readonly cpuMs: number;
}

/** Body of `failure` and `loadFailed` frames. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function toErrorBody(error: MillraceError): ErrorBody {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.details !== undefined && { details: error.details }),
  };
}

export function fromErrorBody(body: ErrorBody): MillraceError {
  return new MillraceError(body.code, body.message, {
    ...(body.hint !== undefined && { hint: body.hint }),
    ...(body.details !== undefined && { details: body.details }),
  });
}

/** What Millrace calls itself in the `Via` header of a request that it sends on (RFC 9110 section 7.6.3). */
export const viaName = 'millrace';

/** How a request's body is to be read. */
export type CallKind = 'oip' | 'predict';

const kindCodes: Record<CallKind, number> = { oip: 1, predict: 2 };

/** Beside the kind: the answer is to be followed by the outputs themselves. */
const wantsOutputsBit = 0x100;
/** From here on the place of the form among `predictForms`. */
const formShift = 16;

/** Head of an `infer` frame. */
export interface CallHead {
  readonly kind: CallKind;
  /** Of a `predict` body. Default JSON. */
  readonly form?: PredictForm | undefined;
  /** Bytes of the body that are JSON; undefined where all of it is; 0 for a raw binary request. */
  readonly jsonLength: number | undefined;
  /** Milliseconds from the host's receipt to this frame, so that the answer can say where the time went. */
  readonly queuedMs: number;
  /** The result's body ends with the outputs as packed-outputs.ts writes them, for the cache. */
  readonly wantsOutputs: boolean;
}

const callHeadBytes = 12;

export function encodeCallHead({ kind, form, jsonLength, queuedMs, wantsOutputs }: CallHead): Buffer {
  const head = Buffer.allocUnsafe(callHeadBytes);
  const formCode = form === undefined ? 0 : predictForms.indexOf(form) << formShift;
  head.writeUInt32LE(kindCodes[kind] | (wantsOutputs ? wantsOutputsBit : 0) | formCode, 0);
  head.writeInt32LE(jsonLength ?? -1, 4);
  head.writeFloatLE(queuedMs, 8);
  return head;
}

export function decodeCallHead(head: Buffer): CallHead {
  if (head.length !== callHeadBytes) throw new MillraceError('internal', `A call head has ${head.length} bytes.`);
  const jsonLength = head.readInt32LE(4);
  const code = head.readUInt32LE(0);
  return {
    kind: (code & 0xff) === kindCodes.predict ? 'predict' : 'oip',
    form: code >>> formShift === 0 ? undefined : predictForms[code >>> formShift],
    jsonLength: jsonLength < 0 ? undefined : jsonLength,
    queuedMs: head.readFloatLE(8),
    wantsOutputs: (code & wantsOutputsBit) !== 0,
  };
}

/** What a run cost, milliseconds; `rows` of this request out of `batchRows` that ran together. */
export interface RunCost {
  readonly rows: number;
  readonly batchRows: number;
  /** True on exactly one result of each run, so that runs can be counted. */
  readonly leadsBatch: boolean;
  /** Waiting inside the replica. */
  readonly waitMs: number;
  readonly inputMs: number;
  readonly inferMs: number;
  readonly outputMs: number;
}

/** Head of a `result` frame. */
export interface ResultHead extends RunCost {
  /** JSON bytes at the start of the body; undefined where all of it is JSON. */
  readonly jsonLength: number | undefined;
  /** Bytes at the end of the body that are not the answer but its outputs; 0 where none were wanted or they are too large. */
  readonly outputsBytes: number;
}

const resultHeadBytes = 36;

export function encodeResultHead(result: ResultHead): Buffer {
  const head = Buffer.allocUnsafe(resultHeadBytes);
  head.writeInt32LE(result.jsonLength ?? -1, 0);
  head.writeUInt32LE(result.rows, 4);
  head.writeUInt32LE(result.batchRows, 8);
  head.writeUInt32LE(result.leadsBatch ? 1 : 0, 12);
  head.writeFloatLE(result.waitMs, 16);
  head.writeFloatLE(result.inputMs, 20);
  head.writeFloatLE(result.inferMs, 24);
  head.writeFloatLE(result.outputMs, 28);
  head.writeUInt32LE(result.outputsBytes, 32);
  return head;
}

export function decodeResultHead(head: Buffer): ResultHead {
  if (head.length !== resultHeadBytes) throw new MillraceError('internal', `A result head has ${head.length} bytes.`);
  const jsonLength = head.readInt32LE(0);
  return {
    jsonLength: jsonLength < 0 ? undefined : jsonLength,
    rows: head.readUInt32LE(4),
    batchRows: head.readUInt32LE(8),
    leadsBatch: head.readUInt32LE(12) === 1,
    waitMs: head.readFloatLE(16),
    inputMs: head.readFloatLE(20),
    inferMs: head.readFloatLE(24),
    outputMs: head.readFloatLE(28),
    outputsBytes: head.readUInt32LE(32),
  };
}
