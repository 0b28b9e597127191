/** The four numbers of Home with their last two minutes. */
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { FigureValue } from '../../components/FigureValue.tsx';
import { Sparkline } from '../../components/Sparkline.tsx';
import type { Figure } from '../../format/format.ts';
import { durationFigure, formatNumber, percentFigure, rateFigure } from '../../format/format.ts';
import { countAllCopies } from '../../live/readings.ts';
import { useSeries } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import styles from './HomeFigures.module.css';

/** Two minutes of readings. */
const shown = 120;

export function HomeFigures({ host }: { readonly host: HostView }) {
  const { traffic } = host;
  const copies = countAllCopies(host.models);
  const requests = useSeries('requestsPerSecond', undefined, shown);
  const failures = useSeries('failuresPerSecond', undefined, shown);
  const times = useSeries('p95Ms', undefined, shown);
  const ready = useSeries('copiesReady', undefined, shown);
  const share = traffic.requestsPerSecond > 0 ? (traffic.failuresPerSecond / traffic.requestsPerSecond) * 100 : 0;
  return (
    <div className={styles.figures} title={t('home.minutes')}>
      <FigureCard name={t('home.requests')} figure={rateFigure(traffic.requestsPerSecond)} values={requests} />
      <FigureCard
        name={t('home.p95')}
        figure={durationFigure(traffic.p95Ms)}
        values={times}
        explanation={t('glossary.p95')}
      />
      <FigureCard
        name={t('home.errors')}
        figure={percentFigure(share)}
        values={failures}
        tone={failures.some((value) => value > 0) ? 'action' : 'accent'}
      />
      <FigureCard
        name={t('home.copies')}
        figure={{ value: formatNumber(copies.ready), unit: t('home.copiesOf', { wanted: copies.wanted }) }}
        values={ready}
        explanation={t('glossary.copy')}
      />
    </div>
  );
}

interface FigureCardProps {
  readonly name: string;
  readonly figure: Figure;
  readonly values: readonly number[];
  readonly tone?: 'accent' | 'action';
  readonly explanation?: string;
}

function FigureCard({ name, figure, values, tone = 'accent', explanation }: FigureCardProps) {
  return (
    <section className={styles.card} title={explanation}>
      <h2 className={styles.name}>{name}</h2>
      <FigureValue figure={figure} />
      <Sparkline values={values} capacity={shown} tone={tone} />
    </section>
  );
}
