/** The endpoint for the network and the pairing of devices, over the API. */
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { lanAnswerSchema, lanChangeSchema, lanViewSchema } from '../protocol/admin/lan-view.ts';
import type { LanAnswer, LanChange, LanView } from '../protocol/admin/lan-view.ts';
import { newPairingSchema, openedPairingSchema, pairingViewSchema } from '../protocol/admin/pairing-view.ts';
import type { NewPairing, OpenedPairing, PairingView } from '../protocol/admin/pairing-view.ts';
import { jsonRoute, streamRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** What the host does for these routes. */
export interface LanDesk {
  view(): Promise<LanView>;
  /** Throws `conflict`, `invalid-request` and `invalid-config`. */
  change(change: LanChange): Promise<LanAnswer>;
  /** PEM; undefined before there is one. */
  authorityPem(): Promise<string | undefined>;
}

export interface PairingOrders {
  list(): PairingView[];
  /** Throws `conflict` while the network may not call. */
  open(wish: NewPairing): OpenedPairing;
  /** Throws `not-found` and `conflict`. */
  confirm(id: string): PairingView;
  /** Throws `not-found`. */
  decline(id: string): PairingView;
}

export function lanRoutes(lan: LanDesk, pairings: PairingOrders): AdminRoute[] {
  const noun = 'network';
  return [
    jsonRoute({
      method: 'GET',
      path: '/lan',
      noun,
      summary: 'How the network reaches this host: addresses, certificate, name, and what keeps it from it',
      answer: lanViewSchema,
      handle: () => lan.view(),
    }),
    jsonRoute({
      method: 'PATCH',
      path: '/lan',
      noun,
      summary: 'Switch the network on or off, or change how it is reached; makes a key where there is none',
      body: lanChangeSchema,
      answer: lanAnswerSchema,
      handle: ({ body }) => lan.change(body),
    }),
    streamRoute({
      method: 'GET',
      path: '/lan/authority.pem',
      noun,
      summary: "Download the certificate of this host's own authority",
      takes: undefined,
      gives: 'application/x-x509-ca-cert',
      async serve({ response }) {
        const pem = await lan.authorityPem();
        if (pem === undefined) {
          throw new MillraceError('not-found', 'This host has no authority of its own yet.', {
            hint: 'Switch encryption on with its own certificate.',
          });
        }
        response.writeHead(200, {
          'Content-Type': 'application/x-x509-ca-cert',
          'Content-Disposition': 'attachment; filename="millrace-authority.pem"',
          'Content-Length': Buffer.byteLength(pem),
        });
        response.end(pem);
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/pairings',
      noun,
      summary: 'List the devices that are being paired, the latest first',
      answer: z.array(pairingViewSchema),
      handle: () => pairings.list(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/pairings',
      noun,
      summary: 'Wait for a device: a link for it to open, good once, for five minutes',
      body: newPairingSchema,
      status: 201,
      answer: openedPairingSchema,
      handle: ({ body }) => pairings.open(body),
    }),
    jsonRoute({
      method: 'POST',
      path: '/pairings/{id}/confirm',
      noun,
      summary: 'Give the device that came a key of its own; compare the number that it shows first',
      body: z.strictObject({}),
      answer: pairingViewSchema,
      handle: ({ call }) => pairings.confirm(call.params['id']!),
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/pairings/{id}',
      noun,
      summary: 'Send the device away, or wait no longer',
      answer: pairingViewSchema,
      handle: ({ call }) => pairings.decline(call.params['id']!),
    }),
  ];
}
