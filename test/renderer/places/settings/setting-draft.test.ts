/** A setting as it is typed and read. */
import { describe, expect, it } from 'vitest';
import {
  chooseSettings,
  draftFault,
  draftText,
  draftValue,
  groupSettings,
  readableValue,
} from '../../../../renderer/places/settings/setting-draft.ts';
import type { SettingView } from '../../../../server/protocol/admin/settings-view.ts';

const setting = (changes: Partial<SettingView> = {}): SettingView => ({
  path: 'limits.maxBodyBytes',
  about: 'Largest request body.',
  kind: 'number',
  isWaiting: false,
  origin: 'default',
  isLocked: false,
  appliesAt: 'restart',
  ...changes,
});

describe('what is typed', () => {
  it.each<[SettingView['kind'], string, unknown]>([
    ['number', ' 12 ', 12],
    ['flag', 'true', true],
    ['flag', 'false', false],
    ['list', 'a, b,,', ['a', 'b']],
    ['text', ' x ', 'x'],
    ['choice', 'auto', 'auto'],
    ['number', ' ', null],
  ])('as %s: %j is %j', (kind, text, value) => {
    expect(draftValue({ kind }, text)).toEqual(value);
  });

  it('comes back as it stood in the field', () => {
    for (const [kind, value] of [
      ['number', 7],
      ['flag', true],
      ['list', ['a', 'b']],
      ['text', 'x'],
    ] as const) {
      expect(draftValue({ kind }, draftText({ kind }, value))).toEqual(value);
    }
    expect(draftText({ kind: 'secret' }, '(set)')).toBe('');
  });

  it('is wrong as a number outside its bounds, and empty is the default', () => {
    const bounded = setting({ min: 1, max: 10 });
    expect([draftFault(bounded, '1'), draftFault(bounded, '10'), draftFault(bounded, '')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    for (const text of ['0', '11', '1.5', 'x']) expect(draftFault(bounded, text), text).toContain('from 1 to 10');
    expect(draftFault(setting({ kind: 'text' }), 'x')).toBeUndefined();
  });
});

describe('what is shown', () => {
  it.each<[Partial<SettingView>, unknown, string]>([
    [{ unit: 'ms' }, 60_000, '60\u{202F}s'],
    [{ unit: 's' }, 3600, '60\u{202F}min'],
    [{ unit: 'bytes' }, 64_000_000, '64\u{202F}MB'],
    [{ unit: '%' }, 90, '90 %'],
    [{}, 8000, '8000'],
    [{ kind: 'flag' }, false, 'off'],
    [{ kind: 'secret' }, '(set)', 'set, not shown'],
    [{ kind: 'secret' }, undefined, 'not set'],
    [{ kind: 'list' }, [], 'none'],
    [{ kind: 'list' }, ['a', 'b'], 'a, b'],
    [{ kind: 'object' }, {}, 'none'],
    [{}, undefined, 'automatic'],
  ])('of %o with %j is %s', (changes, value, text) => {
    expect(readableValue(setting(changes), value)).toBe(text);
  });

  it('is found by path and by words, and stands in groups', () => {
    const all = [
      setting(),
      setting({ path: 'allowedHosts', about: 'Names.' }),
      setting({ path: 'http.port', about: 'Port.' }),
    ];
    expect(chooseSettings(all, 'BODY largest').map(({ path }) => path)).toEqual(['limits.maxBodyBytes']);
    expect(chooseSettings(all, '')).toHaveLength(3);
    expect(groupSettings(all).map(({ group }) => group)).toEqual(['limits', 'general', 'http']);
  });
});
