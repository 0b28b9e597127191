/** Saved test cases of a model over the admin API. */
import type { TestCaseList, TestCaseView } from '../../server/protocol/admin/test-case-view.ts';
import type { InferenceRequest } from '../try/request.ts';
import { askApi } from './api-client.ts';

interface CaseWishes {
  readonly name: string;
  readonly check: 'class' | 'numbers';
  readonly tolerance: string;
}

function pathOf(model: string): string {
  return `/models/${encodeURIComponent(model)}/samples`;
}

/** Throws `ApiError`. */
export function listTestCases(model: string): Promise<TestCaseList> {
  return askApi<TestCaseList>('GET', pathOf(model));
}

/** Throws `ApiError`. */
export function saveTestCase(
  model: string,
  { body, file }: InferenceRequest,
  { name, check, tolerance }: CaseWishes,
): Promise<readonly TestCaseView[]> {
  const query = new URLSearchParams({ check });
  if (name.trim() !== '') query.set('name', name.trim());
  if (check === 'numbers') query.set('tolerance', tolerance.trim().replace(',', '.'));
  const type = file === undefined ? 'application/json' : file.file.type || 'application/octet-stream';
  return askApi<readonly TestCaseView[]>('POST', `${pathOf(model)}?${query.toString()}`, {
    raw: file === undefined ? JSON.stringify(body) : file.file,
    headers: { 'Content-Type': type },
  });
}

/** Throws `ApiError`. */
export function removeTestCase(model: string, id: string): Promise<TestCaseList> {
  return askApi<TestCaseList>('POST', `${pathOf(model)}/${encodeURIComponent(id)}/remove`, { body: {} });
}
