/**
 * The request path of inference: read the body, hand a call to the model, write the answer.
 *
 * The host parses nothing of a body but the two parameters that decide when a request is served: `timeout` and `priority`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { Answer, CallClient, CallRequest } from '../balancer/call.ts';
import type { CallKind } from '../protocol/control.ts';
import { fillFromEntity, readEntityRequest } from '../features/predict-entity.ts';
import type { EntityRequest } from '../features/predict-entity.ts';
import type { FeatureStore } from '../features/feature-store.ts';
import { viaName } from '../protocol/control.ts';
import { joined } from '../protocol/frames.ts';
import { scanRequestParameters } from '../protocol/oip-request.ts';
import { predictFormOf } from '../protocol/predict-form.ts';
import type { PredictForm } from '../protocol/predict-form.ts';
import { parseCacheControl } from './cache-control.ts';
import type { GarbageCollection } from './garbage-collection.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { MemoryPermit } from './memory-budget.ts';
import type { GatewayModel } from './model-catalog.ts';
import { decompress, readBody } from './request-body.ts';
import type { BodyLimits, ReceivedBody } from './request-body.ts';
import { cookieValue, rawHeader } from './request-head.ts';
import type { RequestHead } from './request-head.ts';
import { sendPieces } from './response.ts';

/** Longest time a client may ask for, milliseconds. */
const maxTimeoutMs = 3_600_000;

export interface InferContext {
  readonly limits: BodyLimits;
  readonly budget: MemoryBudget;
  readonly garbage: GarbageCollection;
  /** Where `/predict` finds what a request leaves out. */
  readonly features: FeatureStore;
  /** Writes the error and logs what the client is not told. */
  fail(request: IncomingMessage, response: ServerResponse, error: MillraceError): void;
}

/**
 * Answers one inference request. `chooseModel` gets the body, because `/predict` names its model inside; it throws where
 * there is none. `client` is who asks, where keys tell clients apart. Never throws itself.
 */
export function handleInference(
  context: InferContext,
  kind: CallKind,
  request: IncomingMessage,
  response: ServerResponse,
  head: RequestHead,
  chooseModel: (body: ReceivedBody | undefined) => GatewayModel | undefined,
  client: CallClient | undefined,
): void {
  const receivedMs = performance.now();
  const fail = (error: unknown): void => context.fail(request, response, asMillraceError(error));
  let jsonLength: number | undefined;
  try {
    // Refused early where the model is known from the path: an overloaded server should not read what it will not serve.
    const refusal = chooseModel(undefined)?.refusal(client);
    if (refusal !== undefined) throw refusal;
    jsonLength = parseJsonLength(head.inferenceHeaderContentLength);
  } catch (error) {
    fail(error);
    return;
  }
  const permit = new MemoryPermit(context.budget);
  const submit = (body: ReceivedBody): void => {
    context.garbage.onBody(body.bytes);
    try {
      const model = chooseModel(body)!;
      const form = kind === 'predict' && !beginsAsObject(body) ? formOf(request, body) : undefined;
      const call = { model, kind, form, body, jsonLength, receivedMs };
      const submission = { ...call, request, response, head, client, permit, fail };
      const isJson = kind === 'predict' && form === undefined;
      const entity = isJson ? readEntityRequest(joined(body.pieces)) : undefined;
      if (entity === undefined) submitCall(submission);
      else void submitFilled(context.features, entity, submission);
    } catch (error) {
      permit.release();
      fail(error);
    }
  };
  readBody(request, head.contentLength, context.limits, permit, (raw, error) => {
    if (raw === undefined) {
      permit.release();
      fail(error);
    } else if (head.contentEncoding === undefined) {
      submit(raw);
    } else {
      decompress(raw, head.contentEncoding, context.limits, permit).then(submit, (failure: unknown) => {
        permit.release();
        fail(failure);
      });
    }
  });
}

interface Submission {
  readonly model: GatewayModel;
  readonly kind: CallKind;
  /** Undefined where it is JSON. */
  readonly form: PredictForm | undefined;
  readonly body: ReceivedBody;
  readonly jsonLength: number | undefined;
  readonly receivedMs: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly client: CallClient | undefined;
  readonly permit: MemoryPermit;
  readonly fail: (error: MillraceError) => void;
}

/** As nearly every body of `/predict` does: nothing else about it has to be found out. */
function beginsAsObject({ pieces }: ReceivedBody): boolean {
  return pieces[0]?.[0] === 0x7b;
}

function formOf(request: IncomingMessage, body: ReceivedBody): PredictForm | undefined {
  const form = predictFormOf(rawHeader(request.rawHeaders, 'content-type'), joined(body.pieces));
  return form === 'json' ? undefined : form;
}

/** The same once the feature store has been asked. Never throws. */
async function submitFilled(features: FeatureStore, entity: EntityRequest, submission: Submission): Promise<void> {
  const { model, permit, response, fail } = submission;
  try {
    const [stored] = await features.get(entity.set, [entity.id]);
    if (response.destroyed)
      throw new MillraceError('client-gone', 'The client left while its features were looked up.');
    if (model.facts === undefined) {
      throw new MillraceError('model-not-ready', `The model '${model.name}' has not been loaded yet.`, {
        retryable: true,
      });
    }
    const body = fillFromEntity(entity, stored, model.facts);
    submitCall({ ...submission, body: { pieces: [body], bytes: body.length } });
  } catch (error) {
    permit.release();
    fail(asMillraceError(error));
  }
}

function submitCall(submission: Submission): void {
  const { model, body, jsonLength, response, head, permit, fail } = submission;
  if (jsonLength !== undefined && jsonLength > body.bytes) {
    throw new MillraceError(
      'invalid-request',
      `Inference-Header-Content-Length is ${jsonLength}, but the body has ${body.bytes} bytes.`,
    );
  }
  let ended = false;
  const end = (): void => {
    ended = true;
    permit.release();
  };
  const withdraw = model.submit(
    callRequest(submission),
    (answer) => {
      end();
      sendAnswer(response, answer, head.acceptEncoding);
    },
    (error) => {
      end();
      fail(error);
    },
  );
  if (ended) return;
  response.on('close', () => {
    if (ended) return;
    end();
    withdraw();
  });
}

function callRequest(submission: Submission): CallRequest {
  const { model, kind, form, body, jsonLength, receivedMs, request, head, client } = submission;
  // A body that is JSON throughout is read as one; of a binary one only the beginning is looked at.
  const pieces = jsonLength === undefined && body.pieces.length > 1 ? [joined(body.pieces)] : body.pieces;
  const hints =
    jsonLength === 0 || form !== undefined ? {} : scanRequestParameters(beginning(pieces, jsonLength ?? body.bytes));
  const timeoutMs =
    hints.timeoutMicros === undefined || hints.timeoutMicros === 0 ? model.timeoutMs : hints.timeoutMicros / 1000;
  return {
    kind,
    form,
    body: pieces,
    bodyBytes: body.bytes,
    jsonLength,
    // Triton's priorities: 0 is the default and 1 the highest. Everything below that may wait.
    priority: (hints.priority ?? 0) > 1 ? 'batch' : 'interactive',
    clientIp: request.socket.remoteAddress ?? '',
    client,
    affinityKey: model.session === undefined ? undefined : affinityKey(model.session, request, head),
    saved: head.cacheControl === undefined ? undefined : parseCacheControl(head.cacheControl),
    forwarded: head.via?.includes(viaName) === true,
    receivedMs,
    deadlineMs: receivedMs + Math.min(timeoutMs, maxTimeoutMs),
  };
}

function beginning(pieces: readonly Buffer[], bytes: number): Buffer {
  const [first = noBytes] = pieces;
  return first.length >= bytes ? first.subarray(0, bytes) : joined(pieces).subarray(0, bytes);
}

const noBytes = Buffer.alloc(0);

/** The session's key: its header, its cookie, else the client's address. */
function affinityKey(
  session: NonNullable<GatewayModel['session']>,
  request: IncomingMessage,
  _head: RequestHead,
): string | undefined {
  const header = session.header === undefined ? undefined : rawHeader(request.rawHeaders, session.header);
  if (header !== undefined) return header;
  const cookie =
    session.cookie === undefined ? undefined : cookieValue(rawHeader(request.rawHeaders, 'cookie'), session.cookie);
  return cookie ?? request.socket.remoteAddress;
}

function sendAnswer(response: ServerResponse, answer: Answer, acceptEncoding: string | undefined): void {
  if (response.destroyed) return;
  const cache = answer.cache === undefined ? [] : ['X-Millrace-Cache', answer.cache];
  if (answer.type === 'http') {
    sendPieces(response, answer.status, [...answer.headers, ...cache], answer.body, acceptEncoding);
    return;
  }
  const { jsonLength } = answer;
  const headers =
    jsonLength === undefined
      ? ['Content-Type', 'application/json', ...cache]
      : ['Content-Type', 'application/octet-stream', 'Inference-Header-Content-Length', String(jsonLength), ...cache];
  sendPieces(response, 200, headers, answer.body, acceptEncoding);
}

function parseJsonLength(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value);
  throw new MillraceError(
    'invalid-request',
    `Inference-Header-Content-Length is '${value.slice(0, 40)}'; a number of bytes is expected.`,
  );
}
