/** What a load test asks the server before it loads it: the model's signature, and whether one request is answered at all. */
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { MillraceError } from '../base/errors.ts';
import { isDatatype } from '../protocol/datatypes.ts';
import type { TensorSpec } from '../protocol/tensors.ts';
import type { Endpoint } from './endpoint.ts';
import { modelPath } from './request-bytes.ts';

/** A server that loads the model on the first request may need this long, milliseconds. */
const askTimeoutMs = 60_000;
const maxAnswerBytes = 16 * 1024 * 1024;
const shownCharacters = 300;

interface SmallAnswer {
  readonly status: number;
  readonly text: string;
}

export interface TargetModel {
  readonly model: string;
  readonly version?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws `upstream-failed` where nothing answers, `unknown-model`, and `invalid-config` for an answer that is no signature. */
export async function readSignature(
  endpoint: Endpoint,
  { model, version, headers }: TargetModel,
  signal: AbortSignal,
): Promise<readonly TensorSpec[]> {
  const path = modelPath(endpoint.basePath, model, version);
  const { status, text } = await ask(endpoint, { method: 'GET', path, headers }, undefined, signal);
  if (status === 404 || (status === 400 && /unknown|not found/i.test(text))) {
    throw new MillraceError('unknown-model', `The server at ${endpoint.host} has no model ${model}: ${brief(text)}`, {
      hint: 'Ask it for its models, or give the version.',
    });
  }
  if (status !== 200) {
    throw new MillraceError('upstream-failed', `The server at ${endpoint.host} answered ${status}: ${brief(text)}`, {
      ...(status === 401 && { hint: "Give a key: --header 'Authorization: Bearer …'." }),
    });
  }
  const inputs = parseInputs(text);
  if (inputs === undefined) {
    throw new MillraceError(
      'invalid-config',
      `What ${endpoint.host} says of the model ${model} is no signature of the Open Inference Protocol.`,
      { hint: 'Test a server of this protocol: Millrace, Triton, OpenVINO Model Server, KServe.' },
    );
  }
  return inputs;
}

/** Sends one of the requests. Throws where the server refuses it: a test of refusals measures nothing. */
export async function tryRequest(
  endpoint: Endpoint,
  { headers }: Pick<TargetModel, 'headers'>,
  request: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const headEnd = request.indexOf('\r\n\r\n');
  const [first = '', ...lines] = request.toString('latin1', 0, headEnd).split('\r\n');
  const own = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const path = first.split(' ')[1]!;
  const { status, text } = await ask(
    endpoint,
    { method: 'POST', path, headers: { ...own, ...headers } },
    request.subarray(headEnd + 4),
    signal,
  );
  if (status >= 200 && status < 300) return;
  // What a server cannot do at the moment is a result, not a mistake in the question.
  if (status >= 500) return;
  throw new MillraceError('invalid-config', `The server refuses the request (${status}): ${brief(text)}`, {
    hint: 'Give inputs that it takes: --samples, --shape, --rows; or a key with --header.',
  });
}

function parseInputs(text: string): TensorSpec[] | undefined {
  try {
    const { inputs } = JSON.parse(text) as { inputs: { name: unknown; datatype: unknown; shape: unknown[] }[] };
    const specs = inputs.map(({ name, datatype, shape }) => {
      if (typeof name !== 'string' || !isDatatype(datatype)) throw new TypeError();
      return { name, datatype, shape: shape.map(Number) };
    });
    return specs.some(({ shape }) => shape.some((size) => !Number.isInteger(size))) ? undefined : specs;
  } catch {
    return undefined;
  }
}

function ask(
  endpoint: Endpoint,
  { method, path, headers }: { method: string; path: string; headers: Readonly<Record<string, string>> },
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<SmallAnswer> {
  return new Promise((resolve, reject) => {
    const send = endpoint.secure ? secureRequest : plainRequest;
    const fail = (error: Error): void => {
      if (signal.aborted) reject(signal.reason as Error);
      else reject(unreachable(endpoint, error));
    };
    const outgoing = send(
      {
        host: endpoint.address,
        port: endpoint.port,
        method,
        path,
        agent: false,
        timeout: askTimeoutMs,
        signal,
        headers: { Host: endpoint.host, ...headers },
        ...(endpoint.secure && {
          rejectUnauthorized: !endpoint.insecure,
          ...(isIP(endpoint.hostName) === 0 && { servername: endpoint.hostName }),
        }),
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (piece: string) => {
          if (text.length < maxAnswerBytes) text += piece;
        });
        incoming.on('error', fail);
        incoming.on('end', () => resolve({ status: incoming.statusCode!, text }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${askTimeoutMs / 1000} s`)));
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

function unreachable(endpoint: Endpoint, error: NodeJS.ErrnoException): MillraceError {
  const isCertificate = /CERT|SIGNED|ALTNAME/.test(error.code ?? '');
  return new MillraceError(
    'upstream-failed',
    `Nothing that can be tested answers at ${endpoint.host}: ${error.message}.`,
    {
      hint: isCertificate ? 'Add --insecure to take any certificate.' : 'Start the server, or correct the address.',
      cause: error,
    },
  );
}

/** The sentence of an error body where there is one, else the beginning of the text. */
function brief(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error.slice(0, shownCharacters);
  } catch {
    // Not JSON; shown as it is.
  }
  return text.replaceAll(/\s+/g, ' ').slice(0, shownCharacters);
}
