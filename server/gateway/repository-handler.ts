/**
 * Triton's repository extension: load and unload over the network. Only there where the settings say so, because whoever may call it
 * decides what this machine runs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import { joined } from '../protocol/frames.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import { MemoryPermit } from './memory-budget.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { readBody } from './request-body.ts';
import type { BodyLimits, ReceivedBody } from './request-body.ts';

/** What a load may bring along. */
export interface LoadParameters {
  /** ModelConfig as JSON. */
  readonly config: string | undefined;
  /** Contents by `<version>/<file>`. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Implemented by host/repository-control.ts. */
export interface RepositoryControl {
  /** Loads a model, again where it is loaded. Whatever fails, what was loaded before goes on. */
  load(name: string, parameters: LoadParameters): Promise<void>;
  unload(name: string): Promise<void>;
}

export interface RepositoryContext {
  readonly limits: BodyLimits;
  readonly budget: MemoryBudget;
  /** Undefined: the extension is off. */
  readonly control: RepositoryControl | undefined;
  fail(request: IncomingMessage, response: ServerResponse, error: MillraceError): void;
}

/** Files that one load may bring. */
const maxFiles = 100;

/** Answers with 200 and no body, as Triton does, once it is done. Never throws. */
export function handleRepository(
  context: RepositoryContext,
  verb: 'load' | 'unload',
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  contentLength: number | undefined,
): void {
  const { control, limits, budget } = context;
  if (control === undefined) {
    const hint = 'Set compatibility.repositoryControl to "explicit", or use `millrace models load`.';
    context.fail(
      request,
      response,
      new MillraceError('unsupported', 'explicit model load / unload is not allowed', { hint }),
    );
    return;
  }
  const permit = new MemoryPermit(budget);
  readBody(request, contentLength, limits, permit, (body, error) => {
    void carryOut(control, verb, name, body, error)
      .then(
        () => response.destroyed || response.writeHead(200, { 'Content-Length': 0 }).end(),
        (failure: unknown) => context.fail(request, response, asMillraceError(failure)),
      )
      .finally(() => permit.release());
  });
}

async function carryOut(
  control: RepositoryControl,
  verb: 'load' | 'unload',
  name: string,
  body: ReceivedBody | undefined,
  error: MillraceError | undefined,
): Promise<void> {
  if (body === undefined) throw error!;
  const parameters = parseParameters(joined(body.pieces));
  if (verb === 'unload') await control.unload(name);
  else await control.load(name, loadParameters(parameters));
}

function parseParameters(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  const document = parseJsonDocument(body) as { parameters?: unknown } | null;
  const parameters = typeof document === 'object' ? (document?.parameters ?? {}) : undefined;
  if (typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters)) {
    return parameters as Readonly<Record<string, unknown>>;
  }
  throw new MillraceError('invalid-request', 'The "parameters" of a load are an object.');
}

function loadParameters(parameters: Readonly<Record<string, unknown>>): LoadParameters {
  const { config } = parameters;
  if (config !== undefined && typeof config !== 'string') {
    throw new MillraceError('invalid-request', 'The parameter "config" is the ModelConfig as JSON in a string.');
  }
  const files = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(parameters)) {
    if (!key.startsWith('file:')) continue;
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
      throw new MillraceError(
        'invalid-request',
        `The parameter "${key.slice(0, 100)}" is the file's content as base64.`,
      );
    }
    files.set(key.slice('file:'.length), Buffer.from(value, 'base64'));
  }
  if (files.size > 0 && config === undefined) {
    throw new MillraceError('invalid-request', 'A load with files needs the parameter "config" as well.', {
      hint: 'Send "{}" where nothing is to be said.',
    });
  }
  if (files.size > maxFiles) throw new MillraceError('invalid-request', `A load brings at most ${maxFiles} files.`);
  return { config, files };
}
