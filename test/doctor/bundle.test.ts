/** The bundle: what was looked at is what is saved, and no more than that. */
import { describe, expect, it } from 'vitest';
import { BundleShelf, filesOf, makeBundle } from '../../server/doctor/bundle.ts';

const now = new Date('2026-11-24T12:00:00Z');
const part = (name: string, text: string) => ({ name, about: 'A part.', text });
const secrets = { values: ['hunter22'], homeFolder: undefined };

describe('a bundle', () => {
  it('says what was taken out and how large what is left is', () => {
    const { view, texts } = makeBundle([part('a.txt', 'x hunter22 y'), part('b.txt', 'é')], secrets, now);
    expect(view).toMatchObject({
      createdAt: now.toISOString(),
      removedSecrets: 1,
      files: [
        { name: 'a.txt', sizeBytes: 'x (removed) y'.length },
        { name: 'b.txt', sizeBytes: 2 },
      ],
    });
    expect(texts.get('a.txt')).toBe('x (removed) y');
  });

  it('keeps the end of a text that is too long', () => {
    const { texts } = makeBundle([part('log', `begin${'x'.repeat(3_000_000)}end`)], secrets, now);
    expect(texts.get('log')!.length).toBeLessThan(2_000_010);
    expect(texts.get('log')).toMatch(/^…\nx+end$/);
  });

  it('is saved without the files that a person leaves out', () => {
    const bundle = makeBundle([part('a', '1'), part('b', '2')], secrets, now);
    expect([...filesOf(bundle, ['a']).keys()]).toEqual(['b']);
    expect(() => filesOf(bundle, ['a', 'b'])).toThrow('Nothing is left');
    expect(() => filesOf(bundle, ['../x'])).toThrow('no file ../x');
  });

  it('is kept while it is one of the newest three', () => {
    const shelf = new BundleShelf();
    const ids = [1, 2, 3, 4].map(() => shelf.add(makeBundle([part('a', '1')], secrets, now)).id);
    expect(() => shelf.find(ids[0]!)).toThrow('not kept any more');
    expect(shelf.text(ids[3]!, 'a')).toBe('1');
    expect(() => shelf.text(ids[3]!, 'b')).toThrow('no file b');
  });
});
