/**
 * Try it: inference through the admin listener, so that the GUI calls its own origin. The requests join the queues of those
 * that apps send, and the answers are the same to the byte.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError } from '../base/errors.ts';
import { parseModelName } from '../models/model-name.ts';
import { streamRoute } from './route.ts';
import type { AdminRoute, RouteCall } from './route.ts';

/** Answers as the inference listener would. Throws `unknown-model` and `unknown-version`. */
export type AnswerInference = (
  kind: 'oip' | 'predict',
  model: string,
  version: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** A body from the same machine is not silent for this long. */
const silenceMs = 30_000;

/** What a form of a foreign page can send without asking first. */
const simpleTypes = new Set(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']);

export function tryRoutes(answer: AnswerInference): AdminRoute[] {
  return (['', '/versions/{version}'] as const).flatMap((path) => {
    const which = path === '' ? 'the version that is served' : 'one version';
    return [
      tryRoute(
        answer,
        'oip',
        `/models/{name}${path}/infer`,
        `Ask ${which} of a model, as POST /v2/models/{name}${path}/infer does`,
      ),
      tryRoute(
        answer,
        'predict',
        `/models/{name}${path}/predict`,
        `Ask ${which} of a model, as POST /predict/{name}${path} does`,
      ),
    ];
  });
}

function tryRoute(answer: AnswerInference, kind: 'oip' | 'predict', path: string, summary: string): AdminRoute {
  return streamRoute({
    method: 'POST',
    path,
    noun: 'try it',
    summary,
    takes: '*/*',
    gives: '*/*',
    headers: { 'Inference-Header-Content-Length': 'Bytes of JSON before the raw tensors, where there are any.' },
    serve({ request, response, params }: RouteCall) {
      refuseSimple(request);
      const version = params['version'];
      if (version !== undefined && !/^\d{1,18}$/.test(version))
        throw new MillraceError('not-found', 'Versions are whole numbers.');
      request.setTimeout(silenceMs, () => request.destroy());
      answer(kind, parseModelName(params['name']), version, request, response);
    },
  });
}

/** Refuses what a form of a foreign page can send. Throws `unsupported-media-type`. */
export function refuseSimple({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';')[0]!.trim().toLowerCase();
  if (type !== undefined && !simpleTypes.has(type)) return;
  throw new MillraceError(
    'unsupported-media-type',
    type === undefined ? 'The request does not say what its body is.' : `The body is ${type}.`,
    {
      hint: 'Send Content-Type: application/json, or application/octet-stream with raw tensors.',
    },
  );
}
