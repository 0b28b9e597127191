/** A message in its place: what happened, why, what to do, and the code to look it up by. */
import { CircleX, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/api-error.ts';
import { t } from '../texts/t.ts';
import { classNames } from './class-names.ts';
import styles from './Notice.module.css';

interface NoticeProps {
  readonly tone: 'action' | 'attention' | 'note';
  readonly title: ReactNode;
  readonly children?: ReactNode;
  /** What a person can press. */
  readonly actions?: ReactNode;
}

const icons = { action: CircleX, attention: TriangleAlert, note: Info };

export function Notice({ tone, title, children, actions }: NoticeProps) {
  const Icon = icons[tone];
  return (
    <div className={classNames(styles.notice, styles[tone])} role={tone === 'action' ? 'alert' : undefined}>
      <Icon aria-hidden="true" />
      <div className={styles.words}>
        <div className={styles.title}>{title}</div>
        {children !== undefined && <div className={styles.more}>{children}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** An error of the host in the host's words. */
export function ErrorNotice({ error, actions }: { readonly error: Error; readonly actions?: ReactNode }) {
  if (!(error instanceof ApiError)) return <Notice tone="action" title={error.message} actions={actions} />;
  return (
    <Notice tone="action" title={<span translate="no">{error.message}</span>} actions={actions}>
      {error.hint !== undefined && <span translate="no">{error.hint} </span>}
      <span className={styles.code}>
        {t('error.code')} <code translate="no">{error.code}</code>
        {error.requestId !== undefined && (
          <>
            {' · '}
            {t('error.request')} <code translate="no">{error.requestId}</code>
          </>
        )}
      </span>
    </Notice>
  );
}
