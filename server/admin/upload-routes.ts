/** Uploads as resources: announced, sent in pieces that may break and go on, imported by `POST /imports`, or deleted. */
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { newUploadSchema, uploadViewSchema } from '../protocol/admin/upload-view.ts';
import type { UploadView } from '../protocol/admin/upload-view.ts';
import { jsonRoute, streamRoute } from './route.ts';
import type { AdminRoute, RouteCall } from './route.ts';
import type { UploadStore } from './upload-store.ts';

const offsetHeader = 'Upload-Offset';

export function uploadRoutes(uploads: UploadStore): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/uploads',
      noun: 'uploads',
      summary: 'List the uploads that wait for bytes or for an import',
      answer: z.array(uploadViewSchema),
      handle: () => uploads.list(),
    }),
    jsonRoute({
      method: 'POST',
      path: '/uploads',
      noun: 'uploads',
      summary: 'Announce a file: its name and its size',
      body: newUploadSchema,
      status: 201,
      answer: uploadViewSchema,
      handle: ({ body }) => uploads.create(body),
    }),
    jsonRoute({
      method: 'GET',
      path: '/uploads/{id}',
      noun: 'uploads',
      summary: 'How much of an upload has arrived; HEAD gives the same in the header Upload-Offset',
      answer: uploadViewSchema,
      handle: ({ call }) => withOffset(call, uploads.find(call.params['id']!)),
    }),
    streamRoute({
      method: 'PATCH',
      path: '/uploads/{id}',
      noun: 'uploads',
      summary: 'Send the next piece of a file, of any size; what has arrived when a connection breaks is kept',
      takes: 'application/octet-stream',
      gives: 'application/json',
      answer: uploadViewSchema,
      headers: { [offsetHeader]: 'The byte at which this piece begins.' },
      async serve(call) {
        const { request, response, params } = call;
        const view = withOffset(
          call,
          await uploads.append(params['id']!, parseOffset(request.headers['upload-offset']), request),
        );
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(view));
      },
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/uploads/{id}',
      noun: 'uploads',
      summary: 'Throw an upload away',
      answer: z.object({ removed: z.boolean() }),
      async handle({ call }) {
        await uploads.remove(call.params['id']!);
        return { removed: true };
      },
    }),
  ];
}

function withOffset({ response }: RouteCall, view: UploadView): UploadView {
  response.setHeader(offsetHeader, String(view.offsetBytes));
  return view;
}

function parseOffset(value: string | string[] | undefined): number {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new MillraceError(
    'invalid-request',
    `${offsetHeader} is ${JSON.stringify(value ?? null)}; a number of bytes is expected.`,
    {
      hint: 'GET the upload: it says where the next piece begins.',
    },
  );
}
