/** What every answer that says no has in common. */
import { expect } from 'vitest';
import type { HttpAnswer } from './test-host.ts';

/** Fails unless the answer has this status and the usual error body, whose sentence matches. */
export function expectRefusal(answer: HttpAnswer, status: number, error: RegExp): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json');
  const body = answer.json<{ error: string; code: string }>();
  expect(body.error).toMatch(error);
  expect(body.code).toMatch(/^[a-z-]+$/);
}

/** The same with a code and a sentence that is in it as it stands. */
export function refuses(answer: HttpAnswer, status: number, code: string, sentence: string): void {
  expectRefusal(answer, status, new RegExp(sentence.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)));
  expect(answer.json<{ code: string }>().code).toBe(code);
}
