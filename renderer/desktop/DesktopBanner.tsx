/** In the desktop window: why no host answers, the last that it wrote, and how to start it again. */
import { useSyncExternalStore } from 'react';
import { Button } from '../components/Button.tsx';
import { CodeBlock } from '../components/CodeBlock.tsx';
import { Notice } from '../components/Notice.tsx';
import { t } from '../texts/t.ts';
import styles from './DesktopBanner.module.css';
import { desktop, desktopView, subscribeDesktop } from './desktop.ts';

export function DesktopBanner() {
  const host = useSyncExternalStore(subscribeDesktop, desktopView)?.host;
  if (host === undefined || host.kind === 'running') return null;
  const isDown = host.kind === 'failed' || host.kind === 'stopped';
  const start = <Button onClick={() => void desktop?.startHost()}>{t('desktop.start')}</Button>;
  return (
    <div className={styles.words}>
      <Notice
        tone={host.kind === 'failed' ? 'action' : 'note'}
        title={<span translate="no">{host.sentence}</span>}
        {...(isDown && { actions: start })}
      >
        {host.hint !== undefined && <span translate="no">{host.hint}</span>}
      </Notice>
      {host.lines.length > 0 && <CodeBlock code={host.lines.join('\n')} label={t('desktop.lines')} isTall />}
    </div>
  );
}
