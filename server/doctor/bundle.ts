/**
 * The diagnostics bundle: texts that say how this installation is, without a secret, to look at one by one and to save as one file.
 * What a person looked at is what is saved: the texts are kept, not made again.
 */
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../base/errors.ts';
import type { BundleView } from '../protocol/admin/doctor-view.ts';
import { redact } from './redaction.ts';
import type { KnownSecrets } from './redaction.ts';

export interface BundlePart {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  readonly text: string;
}

export interface Bundle {
  readonly view: BundleView;
  /** By name, without secrets. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Of one file; its end is worth more than its beginning. */
const maxCharacters = 2_000_000;
/** Bundles that are kept while a person looks: the newest. */
const maxBundles = 3;

export function makeBundle(parts: readonly BundlePart[], secrets: KnownSecrets, now: Date): Bundle {
  const texts = new Map<string, string>();
  const files: BundleView['files'] = [];
  let removedSecrets = 0;
  for (const { name, about, text } of parts) {
    const cut = text.length > maxCharacters ? `…\n${text.slice(-maxCharacters)}` : text;
    const { text: clean, removed } = redact(cut, secrets);
    removedSecrets += removed;
    texts.set(name, clean);
    files.push({ name, about, sizeBytes: Buffer.byteLength(clean) });
  }
  return { view: { id: randomUUID(), createdAt: now.toISOString(), removedSecrets, files }, texts };
}

/** The files of a bundle but those that a person leaves out. Throws `not-found` where nothing is left or a name is none of its. */
export function filesOf({ texts }: Bundle, without: readonly string[] = []): ReadonlyMap<string, string> {
  const stranger = without.find((name) => !texts.has(name));
  if (stranger !== undefined) throw noFile(stranger, texts);
  const left = new Map([...texts].filter(([name]) => !without.includes(name)));
  if (left.size > 0) return left;
  throw new MillraceError('invalid-request', 'Nothing is left of the bundle.', { hint: 'Leave out fewer files.' });
}

export class BundleShelf {
  readonly #bundles = new Map<string, Bundle>();

  add(bundle: Bundle): BundleView {
    this.#bundles.set(bundle.view.id, bundle);
    if (this.#bundles.size > maxBundles) this.#bundles.delete(this.#bundles.keys().next().value!);
    return bundle.view;
  }

  /** Throws `not-found`. */
  find(id: string): Bundle {
    const found = this.#bundles.get(id);
    if (found !== undefined) return found;
    throw new MillraceError('not-found', 'This bundle is not kept any more.', { hint: 'Make a new one.' });
  }

  /** Throws `not-found`. */
  text(id: string, name: string): string {
    const { texts } = this.find(id);
    const text = texts.get(name);
    if (text === undefined) throw noFile(name, texts);
    return text;
  }
}

function noFile(name: string, texts: ReadonlyMap<string, string>): MillraceError {
  return new MillraceError('not-found', `The bundle has no file ${name.slice(0, 80)}.`, {
    hint: `It has: ${[...texts.keys()].join(', ')}.`,
  });
}
