/** The language of the GUI. English and the pseudo-language that shows what was not put into the catalogue. */

export type Locale = 'en' | 'pseudo';

const key = 'millrace.locale';

function readLocale(): Locale {
  // Outside of a browser, in tests, there is no storage to ask.
  if (typeof document === 'undefined') return 'en';
  try {
    return localStorage.getItem(key) === 'pseudo' ? 'pseudo' : 'en';
  } catch {
    return 'en';
  }
}

export const locale: Locale = readLocale();
