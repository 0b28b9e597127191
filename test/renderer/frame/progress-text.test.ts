import { describe, expect, it } from 'vitest';
import { progressText } from '../../../renderer/frame/progress-text.ts';

describe('the words of a progress', () => {
  it('name the step alone while nobody knows how much there is', () => {
    expect(progressText({ step: 'Trying iris', done: 0, total: 0, unit: 'bytes' })).toBe('Trying iris');
  });

  it('count in the unit of the job', () => {
    const plain = (text: string): string => text.replaceAll('\u{202F}', ' ');
    expect(plain(progressText({ step: 'Copying', done: 5e6, total: 1e7, unit: 'bytes' }))).toBe(
      'Copying: 5 MB of 10 MB',
    );
    expect(plain(progressText({ step: 'Asking', done: 3, total: 50, unit: 'requests' }))).toBe('Asking: 3 of 50');
    expect(plain(progressText({ step: 'Load', done: 3, total: 60, unit: 'seconds' }))).toBe('Load: 3 s of 60 s');
  });
});
