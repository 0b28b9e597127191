/** The certificate that clients see and the authority that devices have to know. */
import type { CertificateView, LanView } from '../../../server/protocol/admin/lan-view.ts';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { FactList } from '../../components/FactList.tsx';
import { fullTimeText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import styles from './CertificateCard.module.css';

export function CertificateCard({ lan: { certificate, authority } }: { readonly lan: LanView }) {
  if (certificate === undefined && authority === undefined) return null;
  return (
    <Card title={t('network.certificate')}>
      <div className={styles.certificate}>
        {certificate !== undefined && <FactList facts={factsOf(certificate)} />}
        {authority !== undefined && (
          <>
            <h3>{t('network.authority')}</h3>
            <FactList facts={factsOf(authority)} />
            <p>
              <a className={styles.link} href="/api/v1/lan/authority.pem" download>
                {t('network.download')}
              </a>
            </p>
            <p className={styles.faint}>{t('network.downloadHint')}</p>
            <CommandHint command="npx millrace lan authority millrace-authority.pem" />
          </>
        )}
      </div>
    </Card>
  );
}

function factsOf({ subject, names, fingerprint, notAfter }: CertificateView) {
  return [
    { name: t('network.goodFor'), value: names.length === 0 ? subject : names.join(', ') },
    { name: t('network.goodUntil'), value: fullTimeText(notAfter) },
    { name: t('network.fingerprint'), value: <code className={styles.print}>{fingerprint}</code> },
  ];
}
