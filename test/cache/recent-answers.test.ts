import { describe, expect, it } from 'vitest';
import { RecentAnswers } from '../../server/cache/recent-answers.ts';
import type { Scope } from '../../server/cache/recent-answers.ts';

const scope = (model: string, serial = 1): Scope => ({ model, serial, text: `${serial} oip undefined` });
const body = (text: string): Buffer => Buffer.from(text);

describe('recent answers', () => {
  it('are found by the very bytes, in their scope only', () => {
    const recent = new RecentAnswers<string>();
    recent.add(scope('m'), body('abc'), 'answer', 6);
    expect(recent.find(scope('m'), body('abc'))).toBe('answer');
    expect(recent.find(scope('m'), body('abd'))).toBeUndefined();
    expect(recent.find(scope('m', 2), body('abc'))).toBeUndefined();
    expect(recent.find({ ...scope('m'), text: '1 predict undefined' }, body('abc'))).toBeUndefined();
  });

  it('tell bodies apart whose checksums are the same', () => {
    // CRC-32 of both is 0x4ddb0c25 (found by search).
    const recent = new RecentAnswers<string>();
    recent.add({ model: 'm', serial: 0, text: '' }, body('plumless'), 'first', 5);
    expect(recent.find({ model: 'm', serial: 0, text: '' }, body('buckeroo'))).toBeUndefined();
  });

  it('do not change with the buffer that they were added from', () => {
    const recent = new RecentAnswers<string>();
    const bytes = body('abc');
    recent.add(scope('m'), bytes, 'answer', 6);
    bytes.fill(0);
    expect(recent.find(scope('m'), body('abc'))).toBe('answer');
  });

  it('forget what nobody asks for, and keep what somebody does', () => {
    const recent = new RecentAnswers<string>();
    recent.add(scope('m'), body('wanted'), 'answer', 1000);
    recent.add(scope('m'), body('unwanted'), 'answer', 1000);
    for (let index = 0; index < 20_000; index++) {
      recent.add(scope('m'), body(`n${index}`), 'answer', 1000);
      if (index % 100 === 0) expect(recent.find(scope('m'), body('wanted'))).toBe('answer');
    }
    expect(recent.find(scope('m'), body('unwanted'))).toBeUndefined();
  });

  it('stay below four megabytes together', () => {
    const recent = new RecentAnswers<string>();
    const large = 100_000;
    for (let index = 0; index < 200; index++) recent.add(scope('m'), body(`n${index}`), 'answer', large);
    const kept = Array.from({ length: 200 }, (_, index) => recent.find(scope('m'), body(`n${index}`))).filter(Boolean);
    expect(kept.length).toBeGreaterThan(15);
    expect(kept.length * large).toBeLessThan(4.2 * 1024 * 1024);
  });

  it('take nothing that would fill a good part of the room alone', () => {
    const recent = new RecentAnswers<string>();
    recent.add(scope('m'), body('abc'), 'answer', 300_000);
    expect(recent.find(scope('m'), body('abc'))).toBeUndefined();
  });

  it('are removed one by one, by model, or all', () => {
    const recent = new RecentAnswers<string>();
    const fill = (): void => {
      for (const model of ['m', 'n']) {
        for (const text of ['a', 'b']) recent.add(scope(model, model === 'm' ? 1 : 2), body(text), model + text, 9);
      }
    };
    const found = (): (string | undefined)[] =>
      ['m', 'n'].flatMap((model) =>
        ['a', 'b'].map((text) => recent.find(scope(model, model === 'm' ? 1 : 2), body(text))),
      );
    fill();
    recent.remove(scope('m', 1), body('a'));
    expect(found()).toEqual([undefined, 'mb', 'na', 'nb']);
    recent.clear('n');
    expect(found()).toEqual([undefined, 'mb', undefined, undefined]);
    fill();
    recent.clear(undefined);
    expect(found()).toEqual([undefined, undefined, undefined, undefined]);
  });
});
