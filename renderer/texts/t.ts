/**
 * The texts of the GUI by key, with typed places: `t('models.count', { count: 3 })`. A text with a plural is an object with
 * the forms of `Intl.PluralRules`; its `count` chooses the form.
 */
import { english } from './english.ts';
import { locale } from './locale.ts';
import { pseudoText } from './pseudo.ts';

type Catalogue = typeof english;
export type TextKey = keyof Catalogue;

interface PluralForms {
  readonly one: string;
  readonly other: string;
}

type Names<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type PlaceNames<Entry> = Entry extends PluralForms ? Names<Entry['one'] | Entry['other']> | 'count' : Names<Entry>;
type Places<Key extends TextKey> = { readonly [Name in PlaceNames<Catalogue[Key]>]: string | number };

/** Keys of texts that have no places. */
export type PlainTextKey = { [Key in TextKey]: [PlaceNames<Catalogue[Key]>] extends [never] ? Key : never }[TextKey];

type Arguments<Key extends TextKey> = [PlaceNames<Catalogue[Key]>] extends [never] ? [] : [places: Places<Key>];

const plurals = new Intl.PluralRules('en');

/** The text; numbers in its places are written in the browser's way. */
export function t<Key extends TextKey>(key: Key, ...[places]: Arguments<Key>): string {
  return fill(chooseForm(english[key], places), places);
}

function chooseForm(
  entry: string | PluralForms,
  places: Readonly<Record<string, string | number>> | undefined,
): string {
  const form =
    typeof entry === 'string' ? entry : entry[plurals.select(Number(places?.['count'])) as keyof PluralForms];
  return locale === 'pseudo' ? pseudoText(form) : form;
}

function fill(text: string, places: Readonly<Record<string, string | number>> | undefined): string {
  if (places === undefined) return text;
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = places[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString() : value;
  });
}
