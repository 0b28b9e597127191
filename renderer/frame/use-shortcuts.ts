/** The keyboard of the whole page: Ctrl/Cmd-K, `/`, and `g` with a letter. Silent while a person types into a field. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { places } from './places.ts';

/** How long a `g` waits for its letter, milliseconds. */
const chordMs = 1200;

export function useShortcuts(openPalette: () => void): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    let chordUntil = 0;
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      if (event.key === '/') {
        event.preventDefault();
        const search = document.querySelector<HTMLElement>('main input[type="search"]');
        if (search === null) openPalette();
        else search.focus();
      } else if (event.key === 'g') {
        chordUntil = performance.now() + chordMs;
      } else if (performance.now() < chordUntil) {
        chordUntil = 0;
        const place = places.find(({ letter }) => letter === event.key);
        if (place !== undefined) navigate(place.path);
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [navigate, openPalette]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
