/** Who may call the inference listener, over the API: keys, rules, refused clients. A key's secret is in the answer that makes it. */
import { z } from 'zod';
import { keyViewSchema, madeKeySchema, newKeySchema } from '../protocol/admin/key-view.ts';
import type { KeyView, MadeKey, NewKey } from '../protocol/admin/key-view.ts';
import { callerRulesChangeSchema, callerRulesSchema, refusedClientSchema } from '../protocol/admin/refused-client.ts';
import type { CallerRulesChange, CallerRulesView, RefusedClient } from '../protocol/admin/refused-client.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** What the host does for these routes. */
export interface AccessDesk {
  keys(): KeyView[];
  /** Throws `conflict` and `invalid-request`. */
  make(wish: NewKey): MadeKey;
  /** By id or name. Throws `not-found` and `conflict`. */
  revoke(id: string): KeyView;
  /** A key for a tool of this program, which ends by itself. */
  makePassing(right: 'infer' | 'admin'): string;
  rules(): CallerRulesView;
  /** Throws `invalid-request`. */
  changeRules(change: CallerRulesChange): CallerRulesView;
  refused(): RefusedClient[];
  /** Throws `not-found`. */
  dismiss(id: string): void;
  /** The key, where one was made. Throws `not-found` and `conflict`. */
  fix(id: string): MadeKey | undefined;
}

export function accessRoutes(desk: AccessDesk): AdminRoute[] {
  const noun = 'access';
  return [
    jsonRoute({
      method: 'GET',
      path: '/keys',
      noun,
      summary: 'List the keys of client programs: what they may do, when they were last used and from where',
      answer: z.array(keyViewSchema),
      handle: () => desk.keys(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/keys',
      noun,
      summary: 'Make a key; its secret is in this answer and nowhere else',
      body: newKeySchema,
      status: 201,
      answer: madeKeySchema,
      handle: ({ body }) => desk.make(body),
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/keys/{id}',
      noun,
      summary: 'Revoke a key by its id or name: its next request is refused',
      answer: keyViewSchema,
      handle: ({ call }) => desk.revoke(call.params['id']!),
    }),
    jsonRoute({
      method: 'POST',
      path: '/passing-keys',
      noun,
      summary: 'Make a key for a tool that runs on this machine; in no list, ends within a day or with the host',
      body: z.strictObject({ right: z.enum(['infer', 'admin']) }),
      status: 201,
      answer: z.object({ secret: z.string() }),
      handle: ({ body }) => ({ secret: desk.makePassing(body.right) }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/callers',
      noun,
      summary: 'Which names, pages and addresses a person has allowed or blocked',
      answer: callerRulesSchema,
      handle: () => desk.rules(),
    }),
    jsonRoute({
      method: 'PATCH',
      path: '/callers',
      noun,
      summary: 'Allow or block one name, page or address',
      body: callerRulesChangeSchema,
      answer: callerRulesSchema,
      handle: ({ body }) => desk.changeRules(body),
    }),
    jsonRoute({
      method: 'GET',
      path: '/refused-clients',
      noun,
      summary: 'Clients that were refused lately and why, the latest first',
      answer: z.array(refusedClientSchema),
      handle: () => desk.refused(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/refused-clients/{id}/fix',
      noun,
      summary: 'Do what helps this one client: a key that only its address may use, or its host or page allowed',
      body: z.strictObject({}),
      answer: z.object({ made: madeKeySchema.optional() }),
      handle: ({ call }) => {
        const made = desk.fix(call.params['id']!);
        return made === undefined ? {} : { made };
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/refused-clients/{id}',
      noun,
      summary: 'Take a refused client out of the list',
      answer: z.object({ dismissed: z.boolean() }),
      handle: ({ call }) => {
        desk.dismiss(call.params['id']!);
        return { dismissed: true };
      },
    }),
  ];
}
