import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SourceMemory } from '../../server/sources/source-memory.ts';

let folder = '';
let nowMs = 1_000_000;
let memory: SourceMemory;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-memory-'));
  memory = SourceMemory.open(folder, () => nowMs);
});
afterEach(async () => {
  memory.close();
  await rm(folder, { recursive: true, force: true });
});

const done = {
  outcome: 'done',
  sentence: 'Done.',
  hint: undefined,
  imported: 1,
  unchanged: 2,
  refused: 3,
  bytes: 4,
} as const;

describe('a run', () => {
  it('takes the source until it ends', () => {
    const run = memory.begin('a', 'command');
    expect(() => memory.begin('a', 'schedule')).toThrow(
      expect.objectContaining({ code: 'source-busy', retryable: true }),
    );
    expect(memory.begin('b', 'schedule')).toBeGreaterThan(run);
    memory.end(run, done);
    expect(memory.begin('a', 'schedule')).toBeGreaterThan(run);
  });

  it('of a process that says nothing any more is interrupted, and the source is free', () => {
    const run = memory.begin('a', 'command');
    nowMs += 59_000;
    memory.beat(run);
    nowMs += 59_000;
    expect(memory.history('a', 1)).toMatchObject([{ outcome: 'running' }]);
    nowMs += 2000;
    expect(memory.history('a', 1)).toMatchObject([
      { outcome: 'interrupted', sentence: expect.stringContaining('ended before') },
    ]);
    expect(memory.begin('a', 'command')).toBeGreaterThan(run);
  });

  it('is in the history, newest first, with what it did', () => {
    memory.end(memory.begin('a', 'command'), done);
    nowMs += 1000;
    memory.end(memory.begin('b', 'push'), { ...done, outcome: 'failed', hint: 'Try.' });
    expect(memory.history(undefined, 10)).toMatchObject([
      { source: 'b', trigger: 'push', outcome: 'failed', hint: 'Try.', startedAt: new Date(nowMs).toISOString() },
      {
        source: 'a',
        trigger: 'command',
        outcome: 'done',
        sentence: 'Done.',
        imported: 1,
        unchanged: 2,
        refused: 3,
        bytes: 4,
      },
    ]);
    expect(memory.history('a', 10)).toHaveLength(1);
    expect(memory.history(undefined, 1)).toHaveLength(1);
  });

  it('is forgotten after six hundred others of its source', () => {
    memory.end(memory.begin('other', 'command'), done);
    for (let run = 0; run < 605; run++) memory.end(memory.begin('a', 'schedule'), done);
    expect(memory.history('a', 10_000)).toHaveLength(600);
    expect(memory.history('other', 10)).toHaveLength(1);
  });
});

describe('what was fetched', () => {
  const entry = { key: 'iris/1/model.onnx', sizeBytes: 5, etag: 'e' };

  it('is known by key, etag and size together', () => {
    memory.rememberObject('a', entry, 'f00d');
    expect(memory.sha256Of('a', entry)).toBe('f00d');
    expect(memory.sha256Of('a', { ...entry, etag: 'x' })).toBeUndefined();
    expect(memory.sha256Of('a', { ...entry, sizeBytes: 6 })).toBeUndefined();
    expect(memory.sha256Of('b', entry)).toBeUndefined();
  });

  it('is forgotten when it is no longer listed', () => {
    memory.rememberObject('a', entry, 'f00d');
    memory.rememberObject('b', entry, 'f00d');
    memory.keepObjects('a', new Set(['other']));
    expect(memory.sha256Of('a', entry)).toBeUndefined();
    expect(memory.sha256Of('b', entry)).toBe('f00d');
  });

  it('is known by version, with what came of it', () => {
    const known = { fingerprint: 'f', outcome: 'refused', sentence: 'No.', hint: undefined, retryAtMs: 7 } as const;
    memory.rememberVersion('a', 'iris', '1', known);
    expect(memory.known('a', 'iris', '1')).toEqual(known);
    expect(memory.known('a', 'iris', '2')).toBeUndefined();
    memory.rememberVersion('a', 'iris', '1', { ...known, outcome: 'imported', hint: 'h' });
    expect(memory.known('a', 'iris', '1')).toMatchObject({ outcome: 'imported', hint: 'h' });
  });
});

describe('a listing that is seen', () => {
  it('has been the same since it was first seen, until it changes', () => {
    expect(memory.see('a', 'iris', '1', 'f')).toBe(nowMs);
    const firstMs = nowMs;
    nowMs += 5000;
    expect(memory.see('a', 'iris', '1', 'f')).toBe(firstMs);
    expect(memory.seenSince('a', 'iris', '1', 'f')).toBe(firstMs);
    expect(memory.seenSince('a', 'iris', '1', 'g')).toBeUndefined();
    expect(memory.see('a', 'iris', '1', 'g')).toBe(nowMs);
    expect(memory.see('a', 'iris', '1', 'f')).toBe(nowMs);
  });

  it('is seen anew where the clock was set back', () => {
    memory.see('a', 'iris', '1', 'f');
    nowMs -= 500_000;
    expect(memory.see('a', 'iris', '1', 'f')).toBe(nowMs);
  });
});

it('forgets a source whole and the others not at all', () => {
  for (const source of ['a', 'b']) {
    memory.end(memory.begin(source, 'command'), done);
    memory.see(source, 'iris', '1', 'f');
    memory.rememberVersion(source, 'iris', '1', {
      fingerprint: 'f',
      outcome: 'imported',
      sentence: '',
      hint: undefined,
      retryAtMs: 0,
    });
  }
  memory.forget('a');
  expect([memory.history('a', 1), memory.known('a', 'iris', '1'), memory.seenSince('a', 'iris', '1', 'f')]).toEqual([
    [],
    undefined,
    undefined,
  ]);
  expect(memory.history('b', 1)).toHaveLength(1);
  expect(memory.known('b', 'iris', '1')).toBeDefined();
});
