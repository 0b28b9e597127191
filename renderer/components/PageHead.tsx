/** The title of a place with its actions; sets the window's title. */
import { useEffect } from 'react';
import type { ReactNode } from 'react';
import styles from './PageHead.module.css';

interface PageHeadProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** The title is a name that nobody translates. */
  readonly isName?: boolean;
}

export function PageHead({ title, lead, actions, isName = false }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <h1 translate={isName ? 'no' : undefined}>{title}</h1>
        {lead !== undefined && <div className={styles.lead}>{lead}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
