/** A model on Home: its state, what goes through it, and the way to try it. */
import { Play } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { ButtonLink } from '../../components/Button.tsx';
import { SeriesSparkline } from '../../components/SeriesSparkline.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { modelStateWords } from '../../components/state-words.ts';
import { durationText, rateText } from '../../format/format.ts';
import { countCopies } from '../../live/readings.ts';
import { t } from '../../texts/t.ts';
import styles from './ModelCard.module.css';

/** Drawn anew only when its model changed. */
export const ModelCard = memo(function ModelCard({ model }: { readonly model: ModelView }) {
  const { name, description, state, traffic } = model;
  const path = encodeURIComponent(name);
  return (
    <article className={styles.card}>
      <header className={styles.head}>
        <h3>
          <Link href={`/models/${path}`} translate="no">
            {name}
          </Link>
        </h3>
        <StateBadge state={modelStateWords[state]} />
      </header>
      {description !== undefined && (
        <p className={styles.words} translate="no">
          {description}
        </p>
      )}
      <div className={styles.foot}>
        <dl className={styles.facts}>
          <div>
            <dt>{t('models.requests')}</dt>
            <dd translate="no">{rateText(traffic.requestsPerSecond)}</dd>
          </div>
          <div title={t('glossary.p95')}>
            <dt>{t('models.p95')}</dt>
            <dd translate="no">{durationText(traffic.p95Ms)}</dd>
          </div>
          <div title={t('glossary.copy')}>
            <dt>{t('models.copies')}</dt>
            <dd translate="no">{countCopies(model).ready}</dd>
          </div>
        </dl>
        <SeriesSparkline name="requestsPerSecond" model={name} />
        <div className={styles.actions}>
          <ButtonLink to={`/try/${path}`} icon={<Play aria-hidden="true" />}>
            {t('home.try')}
          </ButtonLink>
          <ButtonLink to={`/models/${path}`} look="quiet">
            {t('home.open')}
          </ButtonLink>
        </div>
      </div>
    </article>
  );
});
