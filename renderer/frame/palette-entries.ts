/** What the command palette offers, and how a typed text chooses among it. Pure. */
import { Boxes, FileText, FlaskConical, Gauge, Play, SlidersHorizontal, Stethoscope } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { t } from '../texts/t.ts';
import { places } from './places.ts';

export interface PaletteEntry {
  readonly key: string;
  readonly icon: LucideIcon;
  readonly text: string;
  /** Where it leads. */
  readonly path: string;
  readonly shortcut?: string;
}

export function paletteEntries(models: readonly string[]): PaletteEntry[] {
  return [
    ...places.map(({ path, name, icon, letter }) => ({
      key: path,
      icon,
      text: t('palette.go', { place: t(name) }),
      path,
      shortcut: `g ${letter}`,
    })),
    { key: 'doctor', icon: Stethoscope, text: t('palette.doctor'), path: '/settings/doctor' },
    { key: 'load-test', icon: Gauge, text: t('palette.loadTest'), path: '/monitor/load' },
    { key: 'log', icon: FileText, text: t('palette.log'), path: '/monitor/log' },
    { key: 'settings', icon: SlidersHorizontal, text: t('palette.settings'), path: '/settings/all' },
    { key: 'import', icon: Boxes, text: t('palette.import'), path: '/models/import' },
    { key: 'welcome', icon: FlaskConical, text: t('palette.welcome'), path: '/welcome' },
    ...models.map((model) => ({
      key: `try ${model}`,
      icon: Play,
      text: t('palette.try', { model }),
      path: `/try/${encodeURIComponent(model)}`,
    })),
    ...models.map((model) => ({
      key: `model ${model}`,
      icon: Boxes,
      text: t('palette.model', { model }),
      path: `/models/${encodeURIComponent(model)}`,
    })),
  ];
}

/** Entries whose text has every typed word, those first where a word begins a word. */
export function chooseEntries(entries: readonly PaletteEntry[], typed: string): PaletteEntry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...entries];
  const scored = entries.flatMap((entry) => {
    const text = entry.text.toLowerCase();
    if (!words.every((word) => text.includes(word))) return [];
    return [{ entry, starts: words.filter((word) => ` ${text}`.includes(` ${word}`)).length }];
  });
  return scored.toSorted((a, b) => b.starts - a.starts).map(({ entry }) => entry);
}
