/** A setting as a person types it: its text, what that means, and what is wrong with it. Pure. */
import type { SettingView } from '../../../server/protocol/admin/settings-view.ts';
import { bytesText, durationText, formatNumber } from '../../format/format.ts';
import { t } from '../../texts/t.ts';

/** What stands in the field. */
export function draftText({ kind }: Pick<SettingView, 'kind'>, value: unknown): string {
  if (value === undefined || kind === 'secret') return '';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What the text means; null: the default again. The host checks it once more. */
export function draftValue({ kind }: Pick<SettingView, 'kind'>, text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  switch (kind) {
    case 'number':
      return Number(trimmed);
    case 'flag':
      return trimmed === 'true';
    case 'list':
      return trimmed
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean);
    default:
      return trimmed;
  }
}

/** Undefined where it can be sent. */
export function draftFault({ kind, min, max }: SettingView, text: string): string | undefined {
  if (kind !== 'number' || text.trim() === '') return undefined;
  const value = Number(text.trim());
  const isGood = Number.isInteger(value) && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  if (isGood) return undefined;
  return t('settings.faultNumber', { min: formatNumber(min ?? 0), max: formatNumber(max ?? Number.MAX_SAFE_INTEGER) });
}

/** As a person reads it: 60000 ms is 60 s. */
export function readableValue({ unit, kind }: Pick<SettingView, 'unit' | 'kind'>, value: unknown): string {
  if (kind === 'secret') return value === undefined ? t('settings.isNotSet') : t('settings.isSet');
  if (value === undefined) return t('settings.automatic');
  if (kind === 'flag') return value === true ? t('settings.on') : t('settings.off');
  if (typeof value === 'number') {
    if (unit === 'bytes') return bytesText(value);
    if (unit === 'ms') return durationText(value);
    if (unit === 's') return durationText(value * 1000);
    return unit === undefined ? String(value) : `${formatNumber(value)} ${unit}`;
  }
  if (JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}') return t('settings.noneOfThem');
  return draftText({ kind }, value);
}

/** Settings whose path or sentence has every typed word. */
export function chooseSettings(settings: readonly SettingView[], typed: string): SettingView[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ path, about }) => {
    const text = `${path} ${about}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** By the first part of their path, in the order in which they come. */
export function groupSettings(
  settings: readonly SettingView[],
): readonly { readonly group: string; readonly settings: readonly SettingView[] }[] {
  const groups = new Map<string, SettingView[]>();
  for (const setting of settings) {
    const group = setting.path.includes('.') ? setting.path.split('.')[0]! : 'general';
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  return [...groups].map(([group, members]) => ({ group, settings: members }));
}
