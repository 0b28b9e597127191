/** The places of the rail, their addresses and the letter that follows `g`. */
import { Activity, Boxes, FolderSync, House, Play, Plug, SlidersHorizontal } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { TextKey } from '../texts/t.ts';

export interface Place {
  readonly path: string;
  readonly name: TextKey & `place.${string}`;
  readonly icon: LucideIcon;
  readonly letter: string;
}

export const places: readonly Place[] = [
  { path: '/', name: 'place.home', icon: House, letter: 'h' },
  { path: '/models', name: 'place.models', icon: Boxes, letter: 'm' },
  { path: '/try', name: 'place.try', icon: Play, letter: 't' },
  { path: '/connect', name: 'place.connect', icon: Plug, letter: 'c' },
  { path: '/monitor', name: 'place.monitor', icon: Activity, letter: 'o' },
  { path: '/sources', name: 'place.sources', icon: FolderSync, letter: 's' },
  { path: '/settings', name: 'place.settings', icon: SlidersHorizontal, letter: 'e' },
];

export function isAt(place: Place, path: string): boolean {
  return place.path === '/' ? path === '/' : path === place.path || path.startsWith(`${place.path}/`);
}
