import { describe, expect, it } from 'vitest';
import { english } from '../../../renderer/texts/english.ts';
import { pseudoText } from '../../../renderer/texts/pseudo.ts';
import { t } from '../../../renderer/texts/t.ts';

const forms = Object.entries(english).flatMap(([key, entry]) =>
  typeof entry === 'string' ? [[key, entry] as const] : Object.values(entry).map((form) => [key, form] as const),
);

describe('a text', () => {
  it('fills its places', () => {
    expect(t('palette.go', { place: 'Home' })).toBe('Go to Home');
  });

  it('chooses its form by the count and writes the count', () => {
    expect(t('models.lead', { count: 1 })).toBe('1 model');
    expect(t('models.lead', { count: 1200 })).toMatch(/^1.200 models$/);
  });

  it('leaves no space at its ends and no two in a row', () => {
    expect(forms.filter(([, text]) => text !== text.trim() || text.includes('  '))).toEqual([]);
  });

  it('says copy and saved answer, not replica and cache hit', () => {
    expect(
      forms.filter(([, text]) => /replica|cache|tensor|inference/i.test(text) && !/Inference Protocol/.test(text)),
    ).toEqual([]);
  });
});

describe('the pseudo-language', () => {
  it('keeps the places of every text', () => {
    for (const [key, text] of forms) {
      const names = (value: string): string[] => (value.match(/\{\w+\}/g) ?? []).toSorted();
      expect(names(pseudoText(text)), key).toEqual(names(text));
    }
  });

  it('is a third longer and in brackets', () => {
    expect(pseudoText('Models')).toBe('⟦Módélš··⟧');
  });
});
