/** What a browser loads before it shows the first view, packed as the desktop app and a proxy would: a budget, not a wish. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildGui } from '../../build/gui.mjs';
import { root } from './source-files.ts';

const folder = join(root, 'dist', 'gui');
const read = (path: string): Buffer => readFileSync(join(folder, path));

/** Kilobytes, gzip. */
const budget = 350;

describe('the built GUI', () => {
  const isBuilt = buildGui();
  const page = isBuilt ? read('index.html').toString() : '';

  it('is there', () => {
    expect(isBuilt).toBe(true);
  });

  it('has a first view of at most 350 KB, font included', () => {
    const named = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]!);
    const scripts = named.filter((path) => path.endsWith('.js'));
    // What the entry imports statically comes with it; what it imports later does not.
    const imported = scripts.flatMap((path) =>
      [
        ...read(path)
          .toString()
          .matchAll(/from\s*"\.\/([^"]+\.js)"/g),
      ].map((match) => `assets/${match[1]!}`),
    );
    const fonts = named
      .filter((path) => path.endsWith('.css'))
      .flatMap((path) =>
        [
          ...read(path)
            .toString()
            .matchAll(/url\(\/?(assets\/inter-latin-wght[^)]+)\)/g),
        ].map((match) => match[1]!),
      );
    expect(fonts.length).toBeGreaterThan(0);
    const files = new Set([...named, ...imported, ...fonts]);
    const kilobytes = [...files].reduce((sum, path) => sum + gzipSync(read(path)).length / 1000, 0);
    expect(kilobytes).toBeGreaterThan(50);
    expect(kilobytes).toBeLessThan(budget);
  });

  it('loads charts only where they are shown', () => {
    const entry = /src="\/(assets\/index[^"]+)"/.exec(page)![1]!;
    expect(read(entry).toString()).not.toContain('uplot');
  });

  it('has nothing inline and nothing from elsewhere', () => {
    expect(page).not.toMatch(/<style|<script(?![^>]*src=)|style="|\son\w+="|https?:/);
  });
});
