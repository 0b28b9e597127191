/** A key that is about to be made: the form as data, its faults, and the request and command it makes. Pure. */
import type { KeyRight, NewKey } from '../../../server/protocol/admin/key-view.ts';

export interface KeyDraft {
  readonly name: string;
  readonly rights: readonly KeyRight[];
  /** None: all. */
  readonly models: readonly string[];
  readonly rate: string;
  readonly days: string;
  readonly share: string;
  readonly hasPrivateCache: boolean;
}

export const emptyKeyDraft: KeyDraft = {
  name: '',
  rights: ['infer'],
  models: [],
  rate: '',
  days: '',
  share: '1',
  hasPrivateCache: false,
};

export type KeyDraftFault = 'name' | 'rights' | 'rate' | 'days' | 'share';

export function keyDraftFaults({ name, rights, rate, days, share }: KeyDraft): KeyDraftFault[] {
  const isPositive = (text: string): boolean => text.trim() === '' || Number(text) > 0;
  const shareNumber = Number(share);
  return [
    ...(/^[\p{L}\p{N}][\p{L}\p{N} ._()@-]{0,63}$/u.test(name.trim()) ? [] : (['name'] as const)),
    ...(rights.length > 0 ? [] : (['rights'] as const)),
    ...(isPositive(rate) ? [] : (['rate'] as const)),
    ...(isPositive(days) ? [] : (['days'] as const)),
    ...(Number.isInteger(shareNumber) && shareNumber >= 1 && shareNumber <= 100 ? [] : (['share'] as const)),
  ];
}

export function newKey({ name, rights, models, rate, days, share, hasPrivateCache }: KeyDraft): NewKey {
  // A key for administration is for all models.
  const isLimited = models.length > 0 && !rights.includes('admin');
  return {
    name: name.trim(),
    rights: [...rights],
    ...(isLimited && { models: [...models] }),
    ...(rate.trim() !== '' && { ratePerSecond: Number(rate) }),
    ...(days.trim() !== '' && { days: Number(days) }),
    share: Number(share),
    hasPrivateCache,
  };
}

/** The same for a terminal. */
export function keyCommand(draft: KeyDraft): string {
  const { name, rights, models = [], ratePerSecond, days, share, hasPrivateCache } = newKey(draft);
  const isPlain = rights.length === 1 && rights[0] === 'infer';
  return [
    `npx millrace keys create "${name || 'Line 3'}"`,
    ...(isPlain ? [] : rights.map((right) => `--right ${right}`)),
    ...models.map((model) => `--model ${model}`),
    ...(ratePerSecond === undefined ? [] : [`--rate ${ratePerSecond}`]),
    ...(days === undefined ? [] : [`--days ${days}`]),
    ...(share === 1 ? [] : [`--share ${share}`]),
    ...(hasPrivateCache ? ['--private-cache'] : []),
  ].join(' ');
}
