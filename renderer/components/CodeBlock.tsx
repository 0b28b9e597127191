/** Code to read and to copy. Lines that are too long scroll in the block; the keyboard reaches it. */
import { t } from '../texts/t.ts';
import { CopyButton } from './CopyButton.tsx';
import styles from './CodeBlock.module.css';

interface CodeBlockProps {
  readonly code: string;
  /** What it is, for screen readers. */
  readonly label: string;
  readonly isTall?: boolean;
}

export function CodeBlock({ code, label, isTall = false }: CodeBlockProps) {
  return (
    <div className={styles.block}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling block must be reachable by keyboard */}
      <pre className={isTall ? styles.tall : styles.code} tabIndex={0} role="region" aria-label={label} translate="no">
        {code}
      </pre>
      <div className={styles.copy}>
        <CopyButton text={code} what={t('copy.code')} />
      </div>
    </div>
  );
}
