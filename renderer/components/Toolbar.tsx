/** What narrows down or changes a list, in one row above it that wraps. */
import type { ReactNode } from 'react';
import styles from './Toolbar.module.css';

interface ToolbarProps {
  readonly children: ReactNode;
  /** At the top of a card without inner space, with a line below. */
  readonly isFlush?: boolean;
}

export function Toolbar({ children, isFlush = false }: ToolbarProps) {
  return <div className={isFlush ? styles.flush : styles.plain}>{children}</div>;
}
