/** A text that changes with the theme: a canvas does not follow custom properties by itself. */
import { useSyncExternalStore } from 'react';

export function useThemeKey(): string {
  const subscribe = (listener: () => void): (() => void) => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  };
  return useSyncExternalStore(
    subscribe,
    () => `${document.documentElement.dataset['theme']} ${matchMedia('(prefers-color-scheme: dark)').matches}`,
  );
}
