/** The route table of a host and its document, without a host: nothing here listens. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adminDocument } from '../../server/admin/admin-document.ts';
import type { SourceDesk } from '../../server/admin/source-routes.ts';
import { createLog } from '../../server/base/log.ts';
import type { ExportDesk } from '../../server/admin/export-routes.ts';
import type { TrashDesk } from '../../server/admin/trash-routes.ts';
import type { AccessDesk } from '../../server/admin/access-routes.ts';
import type { LanDesk, PairingOrders } from '../../server/admin/lan-routes.ts';
import { AdminApi } from '../../server/host/admin-api.ts';
import { DeviceBook } from '../../server/cluster/device-book.ts';
import { Catalog } from '../../server/host/catalog.ts';
import { measuringOf } from '../../server/host/measuring.ts';

const dataDirectory = mkdtempSync(join(tmpdir(), 'millrace-admin-api-'));
afterAll(() => rmSync(dataDirectory, { recursive: true }));

const { routes } = new AdminApi({
  log: createLog('silent', 'json'),
  catalog: new Catalog(),
  dataDirectory,
  modelsFolder: dataDirectory,
  servesStore: true,
  problems: [],
  answers: undefined,
  wardenPid: () => undefined,
  connections: () => 0,
  addresses: () => ({ inferenceUrl: '', adminUrl: '' }),
  access: {} as AccessDesk,
  lan: {} as LanDesk,
  pairings: {} as PairingOrders,
  checkOurselves: () => Promise.reject(new Error('not asked for')),
  rightsOfKey: () => undefined,
  makePassingKey: () => '',
  needsKey: () => false,
  lanBrief: () => ({ isOn: false, urls: [] }),
  events: { list: () => [], onEvent: () => () => {} },
  testCases: {} as never,
  orders: {} as never,
  // Only its routes are looked at.
  sources: {} as SourceDesk,
  trash: {} as TrashDesk,
  exports: {} as ExportDesk,
  copies: {} as never,
  doctor: {} as never,
  settings: {} as never,
  readLog: () => ({ run: '', entries: [], lastId: 0, skipped: 0 }),
  graphics: () => [],
  readHistory: () => ({ stepSeconds: 1, times: [], series: {} }),
  scaling: { views: () => [], order: () => {}, samples: () => [] },
  onEvent: () => {},
  answerInference: () => {},
  measuring: measuringOf({
    book: new DeviceBook({ dataDirectory, graphicsMemoryPercent: 90, askGraphics: async () => [] }),
    modelsFolder: dataDirectory,
    dataDirectory,
    servedVersion: () => undefined,
    reload: async () => {},
  }),
  onImported: () => true,
});
const document = adminDocument(routes, '1.2.3');

describe('the OpenAPI document of the admin API', () => {
  it('keeps the rules of OpenAPI 3.1', async () => {
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
  });

  it('has exactly the routes of the table', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
    expect(routes.length).toBeGreaterThan(20);
  });

  it('says what each route takes: parameters, bodies and headers', () => {
    expect(document.paths['/events']!['get']!.parameters?.map(({ name }) => name)).toEqual([
      'before',
      'limit',
      'kind',
      'model',
    ]);
    expect(document.paths['/uploads/{id}']!['patch']).toMatchObject({
      parameters: [
        { in: 'path', name: 'id' },
        { in: 'header', name: 'Upload-Offset' },
      ],
      requestBody: { content: { 'application/octet-stream': {} } },
    });
    expect(document.paths['/jobs']!['get']!.responses['200']).toMatchObject({
      content: { 'application/json': { schema: { items: { $ref: '#/components/schemas/Job' } } } },
    });
  });

  it('asks for a token or a session everywhere but where one is opened', () => {
    const open = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => ('security' in operation ? [`${method} ${path}`] : [])),
    );
    expect(open).toEqual(['post /session']);
    expect(document).toMatchObject({ security: [{ token: [] }, { session: [] }] });
  });
});

describe('the route table', () => {
  it('refuses members that a body does not have', () => {
    const loose = routes.filter(
      (route) => route.kind === 'json' && route.body?.safeParse({ nonsense: 1 }).success === true,
    );
    expect(loose.map(({ path }) => path)).toEqual([]);
  });

  it('names no route twice and says of each what it does', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    expect(routes.filter(({ summary }) => !/^[A-Z].*[^.]$/.test(summary)).map(({ path }) => path)).toEqual([]);
  });
});
