/**
 * The text with everybody's licence that goes along with every package: Node, and each npm package that is passed on. Pure; the
 * packages' own texts are passed in.
 */

export interface LicensedPart {
  readonly name: string;
  readonly version: string;
  /** As its package.json says, an SPDX expression. */
  readonly license: string;
  /** Of its package.json, where it names one. */
  readonly author?: string;
  readonly homepage?: string;
  /** Its licence files, in full; empty where it has none. */
  readonly texts: readonly string[];
}

/**
 * Licences whose text may be passed on without asking and asks for no source code. Another one is somebody's decision, so
 * staging stops at it.
 */
const accepted = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Zlib',
  'Python-2.0',
  'OFL-1.1',
  // libvips, which reads pictures: a library of its own file, which anybody may exchange. Its sources are public.
  'LGPL-3.0-or-later',
]);

/** Names of packages whose licence nobody has decided on yet; `(MIT OR GPL-2.0)` is fine, because one of them is chosen. */
export function undecidedLicences(parts: readonly LicensedPart[]): string[] {
  return parts.filter(({ license }) => !isAccepted(license)).map(({ name, license }) => `${name} (${license})`);
}

function isAccepted(expression: string): boolean {
  const plain = expression.replaceAll(/[()]/g, ' ');
  const isAlternative = / OR /.test(plain);
  const names = plain.split(/ (?:AND|OR) /).map((name) => name.trim());
  return isAlternative ? names.some((name) => accepted.has(name)) : names.every((name) => accepted.has(name));
}

const rule = '='.repeat(80);

/** One block for each part, sorted by name; a text that many share is still given with each, as their terms ask. */
export function licenceText(parts: readonly LicensedPart[]): string {
  const sorted = parts.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const blocks = sorted.map((part) => {
    const title = `${part.name} ${part.version}`;
    const facts = [`License: ${part.license}`, ...(part.homepage === undefined ? [] : [part.homepage])];
    const texts = part.texts.length > 0 ? part.texts : [textWithoutFile(part, sorted)];
    return [rule, title, ...facts, rule, '', ...texts.map((text) => text.trim()), ''].join('\n');
  });
  return [
    'Millrace is passed on with the work of others. Their licenses follow.',
    `These are ${sorted.length} parts: ${sorted.map(({ name }) => name).join(', ')}.`,
    '',
    ...blocks,
  ].join('\n');
}

/** Some packages name their licence and forget its text: the standard one, or that of a package with the same licence. */
function textWithoutFile(part: LicensedPart, all: readonly LicensedPart[]): string {
  if (part.license === 'MIT' || part.license === 'ISC') {
    const holder = part.author ?? `the authors of ${part.name}`;
    return `Copyright (c) ${holder}\n\n${part.license === 'MIT' ? mit : isc}`;
  }
  if (part.license === 'Unlicense') return unlicense;
  if (part.license.includes('LGPL-3.0-or-later')) {
    return 'See The text of LGPL-3.0 and The text of GPL-3.0 in this list. The library may be exchanged for another build of it.';
  }
  // The text of these names no holder.
  const sibling = ['Apache-2.0', 'BlueOak-1.0.0'].includes(part.license)
    ? all.find(({ license, texts }) => license === part.license && texts.length > 0)
    : undefined;
  if (sibling === undefined) {
    throw new Error(
      `${part.name} is under ${part.license} and has no licence text: say in build/staging how it is passed on.`,
    );
  }
  return sibling.texts[0]!;
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`;

const unlicense = `This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or distribute this software, either in source code form or as a
compiled binary, for any purpose, commercial or non-commercial, and by any means.

In jurisdictions that recognize copyright laws, the author or authors of this software dedicate any and all copyright interest in
the software to the public domain. We make this dedication for the benefit of the public at large and to the detriment of our
heirs and successors. We intend this dedication to be an overt act of relinquishment in perpetuity of all present and future
rights to this software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
