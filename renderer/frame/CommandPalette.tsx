/** Ctrl/Cmd-K: go anywhere by typing. A combobox over a list, as the ARIA practices describe it. */
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import { Dialog } from '../components/Dialog.tsx';
import { useModels } from '../live/use-live.ts';
import { t } from '../texts/t.ts';
import { chooseEntries, paletteEntries } from './palette-entries.ts';
import type { PaletteEntry } from './palette-entries.ts';
import styles from './CommandPalette.module.css';

interface CommandPaletteProps {
  readonly isOpen: boolean;
  onClose(): void;
}

export function CommandPalette({ isOpen, onClose }: CommandPaletteProps) {
  return (
    <Dialog title={t('palette.title')} isOpen={isOpen} onClose={onClose} shape="palette">
      <PaletteBody onClose={onClose} />
    </Dialog>
  );
}

/** More than fit on the screen need no scrolling: typing is faster. */
const maxShown = 60;

function PaletteBody({ onClose }: Pick<CommandPaletteProps, 'onClose'>) {
  const [, navigate] = useLocation();
  const models = useModels();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const entries = chooseEntries(paletteEntries(models.map(({ name }) => name)), typed).slice(0, maxShown);
  const active = Math.min(chosen, entries.length - 1);
  const go = (entry: PaletteEntry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    navigate(entry.path);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && entries.length > 0) {
      event.preventDefault();
      const next = (active + move + entries.length) % entries.length;
      setChosen(next);
      document.getElementById(`palette-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(entries[active]);
    }
  };
  return (
    <>
      <input
        className={styles.input}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- a dialog moves the focus to where typing begins
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={active >= 0 ? `palette-${active}` : undefined}
        aria-label={t('palette.title')}
        placeholder={t('palette.placeholder')}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      {entries.length === 0 ? (
        <p className={styles.none}>{t('palette.none')}</p>
      ) : (
        <ul className={styles.list} id="palette-list" role="listbox" aria-label={t('palette.title')}>
          {entries.map((entry, index) => (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the keys are the input's
            <li
              key={entry.key}
              id={`palette-${index}`}
              role="option"
              aria-selected={index === active}
              className={styles.entry}
              onClick={() => go(entry)}
            >
              <entry.icon aria-hidden="true" />
              <span>{entry.text}</span>
              {entry.shortcut !== undefined && <kbd translate="no">{entry.shortcut}</kbd>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
