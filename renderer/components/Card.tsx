/** A bordered surface with a heading: what pages are made of. */
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import styles from './Card.module.css';

interface CardProps {
  readonly title?: ReactNode;
  /** Beside the heading, at the end of its line. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** Without inner space, for tables. */
  readonly isFlush?: boolean;
}

export function Card({ title, aside, children, className, isFlush = false }: CardProps) {
  return (
    <section className={classNames(styles.card, className)}>
      {title !== undefined && (
        <header className={styles.head}>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      <div className={isFlush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}
