/** The few routes that a device without a key may use: the pairing page, its two questions, and the authority's certificate. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import { joined } from '../protocol/frames.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import { MemoryPermit } from './memory-budget.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { pairingPage, pairingPagePolicy } from './pairing-page.ts';
import { readBody } from './request-body.ts';
import type { BodyLimits } from './request-body.ts';
import { sendBytes, sendJson } from './response.ts';

/** Implemented by host/lan-endpoint.ts. */
export interface PairingDoor {
  /** True while a person has asked for a device. */
  isOpen(): boolean;
  /** Throws `unauthenticated` and `locked-out`. */
  claim(
    code: string,
    name: string,
    address: string | undefined,
  ): { readonly id: string; readonly secret: string; readonly number: string };
  /** Throws `unauthenticated` and `locked-out`. */
  answer(
    id: string,
    secret: string,
    address: string | undefined,
  ): { readonly state: string; readonly key: string | undefined };
  /** PEM; undefined where there is none. */
  authorityPem(): Promise<string | undefined>;
}

export interface PairingContext {
  readonly limits: BodyLimits;
  readonly budget: MemoryBudget;
  readonly door: PairingDoor;
  fail(request: IncomingMessage, response: ServerResponse, error: MillraceError): void;
}

export type PairingRouteName = 'pair' | 'pair-claim' | 'pair-key' | 'authority';

const maxBodyBytes = 2048;

const pageHeaders = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  pairingPagePolicy,
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'no-referrer',
  'Cache-Control',
  'no-store',
];

/** Never throws. */
export async function handlePairing(
  context: PairingContext,
  name: PairingRouteName,
  request: IncomingMessage,
  response: ServerResponse,
  contentLength: number | undefined,
): Promise<void> {
  try {
    const { door } = context;
    if (name === 'authority') {
      const pem = await door.authorityPem();
      if (pem === undefined) throw new MillraceError('not-found', 'This Millrace has no authority of its own.');
      const headers = [
        'Content-Type',
        'application/x-x509-ca-cert',
        'Content-Disposition',
        'attachment; filename="millrace-authority.pem"',
      ];
      sendBytes(response, 200, headers, Buffer.from(pem), undefined);
      return;
    }
    // Who has claimed a code may ask on: it is told that it was declined, or that its time has passed.
    if (name !== 'pair-key' && !door.isOpen()) {
      throw new MillraceError('not-found', 'No device is being paired.', {
        hint: 'Begin at the PC: in Millrace under Connect, or with `millrace lan pair`.',
      });
    }
    if (name === 'pair') {
      const hasAuthority = (await door.authorityPem()) !== undefined;
      sendBytes(response, 200, pageHeaders, Buffer.from(pairingPage(hasAuthority)), undefined);
      return;
    }
    const body = await readObject(context, request, contentLength);
    const { remoteAddress } = request.socket;
    const answer =
      name === 'pair-claim'
        ? door.claim(text(body, 'code'), text(body, 'name'), remoteAddress)
        : door.answer(text(body, 'id'), text(body, 'secret'), remoteAddress);
    if (response.destroyed) return;
    response.setHeader('Cache-Control', 'no-store');
    sendJson(response, 200, answer);
  } catch (error) {
    context.fail(request, response, asMillraceError(error));
  }
}

function readObject(
  { limits, budget }: PairingContext,
  request: IncomingMessage,
  contentLength: number | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const permit = new MemoryPermit(budget);
  return new Promise((resolve, reject) => {
    readBody(request, contentLength, { ...limits, maxBodyBytes }, permit, (body, error) => {
      try {
        if (body === undefined) throw error ?? new MillraceError('client-gone', 'The client left.');
        const value = parseJsonDocument(joined(body.pieces));
        if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongBody();
        resolve(value as Record<string, unknown>);
      } catch (failure) {
        reject(asMillraceError(failure));
      } finally {
        permit.release();
      }
    });
  });
}

function text(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value.length <= 200) return value;
  throw wrongBody();
}

function wrongBody(): MillraceError {
  return new MillraceError('invalid-request', 'The body is not what a device that is paired sends.', {
    hint: 'Open the address that the code holds in a browser.',
  });
}
