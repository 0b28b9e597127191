/** The doctor and the diagnostics bundle. Both are jobs: devices are tried and files are read, which takes seconds. */
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { bundleViewSchema, newDoctorSchema } from '../protocol/admin/doctor-view.ts';
import type { BundleView, DoctorView } from '../protocol/admin/doctor-view.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute, streamRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface DoctorDesk {
  examine(isDeep: boolean, signal: AbortSignal, onStep: (step: string) => void): Promise<DoctorView>;
  makeBundle(signal: AbortSignal, onStep: (step: string) => void): Promise<BundleView>;
  /** Throws `not-found`. */
  bundle(id: string): BundleView;
  /** Throws `not-found`. */
  bundleText(id: string, name: string): string;
  /** The zip file without the files of these names. Throws `not-found`. */
  bundleZip(id: string, without: readonly string[]): Readable;
}

export function doctorRoutes({ jobs, doctor }: { readonly jobs: JobList; readonly doctor: DoctorDesk }): AdminRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/doctor',
      noun: 'doctor',
      summary: 'Examine this installation by a job whose result says what is well, what is not, and what helps',
      body: newDoctorSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body: { isDeep } }) =>
        jobs.start({
          kind: 'doctor',
          title: 'Examine this installation',
          command: `millrace doctor${isDeep ? ' --deep' : ''}`,
          unit: 'files',
          run: (signal, onProgress) =>
            doctor.examine(isDeep, signal, (step) => onProgress({ step, done: 0, total: 0, unit: 'files' })),
        }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/diagnostics',
      noun: 'doctor',
      summary: 'Put a diagnostics bundle together by a job; it is kept to be looked at and saved',
      body: z.strictObject({}),
      status: 202,
      answer: jobViewSchema,
      handle: () =>
        jobs.start({
          kind: 'diagnostics',
          title: 'Put diagnostics together',
          command: 'millrace doctor --bundle diagnostics.zip',
          unit: 'files',
          run: (signal, onProgress) =>
            doctor.makeBundle(signal, (step) => onProgress({ step, done: 0, total: 0, unit: 'files' })),
        }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/diagnostics/{id}',
      noun: 'doctor',
      summary: 'The files of a bundle',
      answer: bundleViewSchema,
      handle: ({ call }) => doctor.bundle(call.params['id']!),
    }),
    streamRoute({
      method: 'GET',
      path: '/diagnostics/{id}/files/{name}',
      noun: 'doctor',
      summary: 'One file of a bundle, as it would be saved',
      takes: undefined,
      gives: 'text/plain',
      serve({ params, response }) {
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        response.end(doctor.bundleText(params['id']!, params['name']!));
      },
    }),
    streamRoute({
      method: 'GET',
      path: '/diagnostics/{id}/zip',
      noun: 'doctor',
      summary: 'The bundle as a zip file; `?without=name,name` leaves files out',
      takes: undefined,
      gives: 'application/zip',
      async serve({ params, request, response, signal }) {
        const asked = new URL(request.url ?? '', 'http://localhost').searchParams.get('without') ?? '';
        const zip = doctor.bundleZip(params['id']!, asked.split(',').filter(Boolean));
        response.setHeader('Content-Type', 'application/zip');
        response.setHeader('Content-Disposition', 'attachment; filename="millrace-diagnostics.zip"');
        await pipeline(zip, response, { signal });
      },
    }),
  ];
}
