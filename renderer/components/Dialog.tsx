/** A window above the page: the browser's own dialog, which keeps the focus inside and closes with Escape. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { t } from '../texts/t.ts';
import { IconButton } from './Button.tsx';
import styles from './Dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  onClose(): void;
  readonly children: ReactNode;
  /** `drawer` stands at the end of the page, `palette` at its top without a visible title. */
  readonly shape?: 'sheet' | 'drawer' | 'palette';
}

export function Dialog({ title, isOpen, onClose, children, shape = 'sheet' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    if (isOpen && !element.open) {
      element.showModal();
      // The title first, so that it is read; a palette has its field.
      element.querySelector<HTMLElement>('h2, input')?.focus();
    }
    if (!isOpen && element.open) element.close();
  }, [isOpen]);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- Escape is the dialog's own; the click is on the backdrop
    <dialog
      ref={dialog}
      className={styles[shape]}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {isOpen && (
        <div className={styles.inner}>
          {shape !== 'palette' && (
            <header className={styles.head}>
              <h2 tabIndex={-1}>{title}</h2>
              <IconButton icon={<X aria-hidden="true" />} label={t('dialog.close')} onClick={onClose} />
            </header>
          )}
          {children}
        </div>
      )}
    </dialog>
  );
}
