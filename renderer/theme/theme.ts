/** Which of the themes a person chose in this browser; the system's until then. */

export const themes = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof themes)[number];

const key = 'millrace.theme';

/** The chosen theme; `system` where none was chosen or storage is forbidden. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return themes.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system';
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system' && matchMedia('(prefers-contrast: more)').matches) {
    document.documentElement.dataset['theme'] = 'contrast';
  } else if (theme === 'system') {
    delete document.documentElement.dataset['theme'];
  } else {
    document.documentElement.dataset['theme'] = theme;
  }
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Private windows may forbid storage: the choice then lasts until the page is closed.
  }
  applyTheme(theme);
}
