/**
 * What http-proxy-3 is given in place of a client's request and response.
 *
 * The library reads the request's method, path, headers and version, pipes the body that its option `buffer` holds, and with
 * `selfHandleResponse` only listens on the response. So they are Node's own classes on a socket that never connects. The client's own
 * pair would be wrong: a call is tried more than once, on several servers at worst; its body is no longer in the client's
 * stream; and the client's headers (keys, cookies, Host, codings) are none of the remote server's business.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { viaName } from '../protocol/control.ts';
import type { CallRequest } from './call.ts';

/** Has no handle and no state that a request changes, so all share it. */
const nowhere = new Socket();

export interface ForwardedPair {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A POST of the call's body, which is not in the request itself, to `path`. */
export function forwardedPair(path: string, { bodyBytes, jsonLength }: CallRequest): ForwardedPair {
  const request = new IncomingMessage(nowhere);
  request.method = 'POST';
  request.url = path;
  request.headers = {
    'content-type': jsonLength === undefined ? 'application/json' : 'application/octet-stream',
    'content-length': String(bodyBytes),
    // What comes back is passed on byte by byte, and the gateway compresses for the client.
    'accept-encoding': 'identity',
    via: `1.1 ${viaName}`,
    ...(jsonLength !== undefined && { 'inference-header-content-length': String(jsonLength) }),
  };
  return { request, response: new ServerResponse(request) };
}
