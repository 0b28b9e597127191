/** The four numbers of Home with their last two minutes. */
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { FigureValue } from '../../components/FigureValue.tsx';
import { SeriesSparkline } from '../../components/SeriesSparkline.tsx';
import type { Figure } from '../../format/format.ts';
import { durationFigure, formatNumber, percentFigure, rateFigure } from '../../format/format.ts';
import { countAllCopies } from '../../live/readings.ts';
import type { ReadingName } from '../../live/readings.ts';
import { t } from '../../texts/t.ts';
import styles from './HomeFigures.module.css';

export function HomeFigures({ host }: { readonly host: HostView }) {
  const { traffic } = host;
  const copies = countAllCopies(host.models);
  const share = traffic.requestsPerSecond > 0 ? (traffic.failuresPerSecond / traffic.requestsPerSecond) * 100 : 0;
  return (
    <div className={styles.figures} title={t('home.minutes')}>
      <FigureCard
        name={t('home.requests')}
        figure={rateFigure(traffic.requestsPerSecond)}
        reading="requestsPerSecond"
      />
      <FigureCard
        name={t('home.p95')}
        figure={durationFigure(traffic.p95Ms)}
        reading="p95Ms"
        explanation={t('glossary.p95')}
      />
      <FigureCard name={t('home.errors')} figure={percentFigure(share)} reading="failuresPerSecond" isTrouble />
      <FigureCard
        name={t('home.copies')}
        figure={{ value: formatNumber(copies.ready), unit: t('home.copiesOf', { wanted: copies.wanted }) }}
        reading="copiesReady"
        explanation={t('glossary.copy')}
      />
    </div>
  );
}

interface FigureCardProps {
  readonly name: string;
  readonly figure: Figure;
  readonly reading: ReadingName;
  readonly isTrouble?: boolean;
  readonly explanation?: string;
}

function FigureCard({ name, figure, reading, isTrouble = false, explanation }: FigureCardProps) {
  return (
    <section className={styles.card} title={explanation}>
      <h2 className={styles.name}>{name}</h2>
      <FigureValue figure={figure} />
      <SeriesSparkline name={reading} isTrouble={isTrouble} />
    </section>
  );
}
