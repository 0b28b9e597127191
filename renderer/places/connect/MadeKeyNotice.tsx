/** A key that was just made: shown once, to be copied as it is or as a settings file. */
import type { MadeKey } from '../../../server/protocol/admin/key-view.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { QrCode } from '../../components/QrCode.tsx';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import styles from './MadeKeyNotice.module.css';

interface MadeKeyNoticeProps {
  readonly made: MadeKey;
  onSeen(): void;
}

export function MadeKeyNotice({ made: { key, secret }, onSeen }: MadeKeyNoticeProps) {
  const { lan, inferenceUrl } = useHost()!;
  const env = `MILLRACE_URL=${lan.urls[0] ?? inferenceUrl}\nMILLRACE_KEY=${secret}`;
  return (
    <Card title={t('keys.made', { name: key.name })}>
      <div className={styles.made}>
        <div className={styles.words}>
          <CodeBlock code={secret} label={t('keys.keyLabel')} />
          <p className={styles.faint}>{t('keys.env')}</p>
          <CodeBlock code={env} label={t('keys.env')} />
          <div>
            <Button look="primary" onClick={onSeen}>
              {t('keys.seen')}
            </Button>
          </div>
        </div>
        <QrCode text={secret} />
      </div>
    </Card>
  );
}
