/**
 * Takes secrets out of a text before it leaves this computer: those that are known, whatever looks like one, and the name of the user's
 * folder. Pure. It removes rather too much than too little: a person who helps can do without.
 */

export interface KnownSecrets {
  /** Values themselves: tokens, keys, passwords. Those below `minSecretCharacters` would take words out of every text. */
  readonly values: readonly string[];
  /** The user's own folder, which has their name in it. */
  readonly homeFolder: string | undefined;
}

export interface Redacted {
  readonly text: string;
  /** How many were taken out. */
  readonly removed: number;
}

const minSecretCharacters = 6;
const mark = '(removed)';

/** Parts of names whose values are secret: `secretAccessKey`, `X-Api-Key`, `AWS_SESSION_TOKEN`, … */
const secretNames =
  'password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key(?:[-_]?id)?|private[-_]?key|credentials?|cookie|csrf|authorization|signature';

const patterns: readonly { readonly find: RegExp; readonly put: string }[] = [
  // A private key or certificate request, whole.
  { find: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, put: mark },
  // user:password@ in an address; of a user alone too.
  { find: /(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+(?=@)/gi, put: mark },
  { find: /(?<=\b(?:Bearer|Basic|Digest) )[\w+/=.~-]{6,}/gi, put: mark },
  // "secretAccessKey":"…", also where JSON stands in a string of JSON.
  {
    find: new RegExp(String.raw`(?<=\\?"[\w-]*(?:${secretNames})[\w-]*\\?"\s*:\s*\\?")(?:[^"\\]|\\(?!"))+`, 'gi'),
    put: mark,
  },
  // SECRET=…, secret: …, ?token=…
  { find: new RegExp(String.raw`(?<=\b[\w-]*(?:${secretNames})[\w-]*\s?[=:]\s?)[^\s"'&,;\\(]{6,}`, 'gi'), put: mark },
  // Amazon's key ids, JSON web tokens, and the code in a link that opens the interface.
  { find: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, put: mark },
  { find: /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, put: mark },
  { find: /(?<=#t=)[\w-]+/g, put: mark },
  // Long and of all kinds of characters: nobody names a thing so. Digests are of one case and stay.
  { find: /(?<![\w/+-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*\d)[\w+-]{32,}={0,2}(?![\w-])/g, put: mark },
];

export function redact(text: string, { values, homeFolder }: KnownSecrets): Redacted {
  let removed = 0;
  let left = text;
  const take = (find: string | RegExp, put: string): void => {
    left = left.replaceAll(find, (found: string) => {
      if (found !== mark) removed++;
      return put;
    });
  };
  // The longest first: one may be a part of another.
  const known = values.filter(({ length }) => length >= minSecretCharacters).toSorted((a, b) => b.length - a.length);
  for (const value of new Set(known)) {
    take(value, mark);
    for (const written of [JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) {
      if (written !== value) take(written, mark);
    }
  }
  for (const { find, put } of patterns) take(find, put);
  if (homeFolder !== undefined && homeFolder.length > 1) left = left.replaceAll(homeFolder, '~');
  return { text: left, removed };
}

/** Values of variables that are secret by their names, and what a person may have put into addresses. */
export function secretsOf(environment: NodeJS.ProcessEnv): string[] {
  const name = new RegExp(secretNames, 'i');
  return Object.entries(environment).flatMap(([key, value]) => (value !== undefined && name.test(key) ? [value] : []));
}
