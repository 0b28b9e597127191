/** The versions of a model, newest first, with what each gets of the traffic. */
import type { ModelView, VersionView } from '../../../server/protocol/admin/host-view.ts';
import { CommandHint } from '../../components/CommandHint.tsx';
import { Card } from '../../components/Card.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { modelStateWords } from '../../components/state-words.ts';
import {
  nowMs,
  bytesText,
  formatNumber,
  percentFigure,
  figureText,
  timeText,
  fullTimeText,
} from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import styles from './VersionList.module.css';

export function VersionList({ model }: { readonly model: ModelView }) {
  return (
    <div className={styles.stack}>
      <ol className={styles.versions}>
        {model.versions.map((version) => (
          <li key={version.version}>
            <Card>
              <VersionCard version={version} isServed={version.version === model.servedVersion} />
            </Card>
          </li>
        ))}
      </ol>
      <CommandHint command={`npx millrace models show ${model.name}`} />
    </div>
  );
}

function VersionCard({ version, isServed }: { readonly version: VersionView; readonly isServed: boolean }) {
  const { importedAt, digest, sizeBytes, trafficPercent, isShadow, answered, restarts, reason } = version;
  return (
    <div className={styles.version}>
      <div className={styles.head}>
        <h2>{t('model.version', { version: version.version })}</h2>
        <StateBadge state={modelStateWords[version.state]} />
        {isServed && <span className={styles.chip}>{t('model.live')}</span>}
        {isShadow && <span className={styles.chip}>{t('model.shadow')}</span>}
        {trafficPercent > 0 && trafficPercent < 100 && (
          <span className={styles.chip}>
            {t('model.traffic', { percent: figureText(percentFigure(trafficPercent)) })}
          </span>
        )}
      </div>
      {reason !== '' && <p translate="no">{reason}</p>}
      <p className={styles.facts}>
        {importedAt === undefined ? (
          <span>{t('model.fromFolder')}</span>
        ) : (
          <time dateTime={importedAt} title={fullTimeText(importedAt)}>
            {t('model.imported', { time: timeText(importedAt, nowMs()) })}
          </time>
        )}
        <span>
          {t('model.size')} <strong translate="no">{bytesText(sizeBytes)}</strong>
        </span>
        <span>
          {t('model.answered')} <strong translate="no">{formatNumber(answered)}</strong>
        </span>
        {restarts > 0 && <span>{t('model.restarts', { count: restarts })}</span>}
        {digest !== undefined && <code title={digest}>{t('model.digest', { digest: digest.slice(0, 12) })}</code>}
      </p>
    </div>
  );
}
