/** The four questions of `millrace sources test`: is it there, does it let us in, does it list, does it give bytes. */
import { asMillraceError, MillraceError } from '../base/errors.ts';
import type { ModelSource, SourceEntry } from './model-source.ts';
import { failureReason } from './source-failure.ts';
import type { SourceFailureReason } from './source-failure.ts';
import { readListing } from './source-listing.ts';

export const checkSteps = ['reach', 'auth', 'list', 'read'] as const;
export type CheckStep = (typeof checkSteps)[number];

export interface StepResult {
  readonly step: CheckStep;
  /** `skipped`: a step before it failed, or there is nothing to try it on. */
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly sentence: string;
  readonly hint?: string;
}

/** At which question a listing that failed had arrived. */
const failedAt: Partial<Record<SourceFailureReason, CheckStep>> = {
  unreachable: 'reach',
  endpoint: 'reach',
  cut: 'reach',
  redirect: 'reach',
  protocol: 'reach',
  credentials: 'auth',
  forbidden: 'auth',
};

/** Throws only the signal's reason. Lists one page and reads the first bytes of one object. */
export async function checkSource(open: () => Promise<ModelSource>, signal?: AbortSignal): Promise<StepResult[]> {
  let source: ModelSource | undefined;
  try {
    source = await open();
    let first: readonly SourceEntry[] = [];
    for await (const page of source.list(signal)) {
      first = page;
      if (page.length > 0) break;
    }
    const { models } = readListing(first);
    const passed = [
      ok('reach', `${source.address} answers.`),
      ok('auth', 'It lets us in.'),
      ok(
        'list',
        `It lists ${first.length} objects on its first page; models among them: ${named(models.map(({ name }) => name))}.`,
      ),
    ];
    return [...passed, await readStep(source, first, signal)];
  } catch (error) {
    signal?.throwIfAborted();
    return failure(asMillraceError(error));
  } finally {
    source?.close();
  }
}

async function readStep(
  source: ModelSource,
  entries: readonly SourceEntry[],
  signal: AbortSignal | undefined,
): Promise<StepResult> {
  const object = entries.find(({ sizeBytes }) => sizeBytes > 0);
  if (object === undefined) return { step: 'read', state: 'skipped', sentence: 'It holds nothing to read yet.' };
  try {
    const { body } = await source.open(object.key, { etag: object.etag, ...(signal !== undefined && { signal }) });
    body.on('error', () => {});
    let bytes = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      bytes = piece.length;
      break;
    }
    body.destroy();
    if (bytes > 0) return ok('read', 'It gives the bytes of an object.');
    return { step: 'read', state: 'failed', sentence: 'It sent no bytes of an object.', hint: 'Look at the server.' };
  } catch (error) {
    signal?.throwIfAborted();
    const { message, hint } = asMillraceError(error);
    return { step: 'read', state: 'failed', sentence: message, ...(hint !== undefined && { hint }) };
  }
}

function failure(error: MillraceError): StepResult[] {
  const reason = failureReason(error);
  const at = checkSteps.indexOf(
    (reason === undefined ? undefined : failedAt[reason]) ?? (reason === undefined ? 'reach' : 'list'),
  );
  return checkSteps.map((step, index) => {
    if (index < at) return ok(step, 'It does.');
    if (index > at) return { step, state: 'skipped', sentence: 'Not tried.' };
    return { step, state: 'failed', sentence: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  });
}

function ok(step: CheckStep, sentence: string): StepResult {
  return { step, state: 'ok', sentence };
}

function named(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
