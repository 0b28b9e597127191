import { describe, expect, it } from 'vitest';
import { parseErrorBody } from '../../../renderer/api/api-error.ts';

describe('an error of the API', () => {
  it('is what its body says', () => {
    const body = { error: 'No model x.', code: 'unknown-model', hint: 'Look.', request_id: 'r1' };
    expect(parseErrorBody(404, JSON.stringify(body))).toMatchObject({
      message: 'No model x.',
      code: 'unknown-model',
      hint: 'Look.',
      requestId: 'r1',
      status: 404,
    });
  });

  it.each(['<html>Bad gateway</html>', '', '{"other":1}', 'null'])('survives a body like %j', (text) => {
    const error = parseErrorBody(502, text);
    expect(error.code).toBe('unexpected-answer');
    expect(error.message).not.toBe('');
  });
});
