/** Where the time of one request went: one bar, and the same as numbers. */
import { durationText, durationFigure } from '../../format/format.ts';
import { FigureValue } from '../../components/FigureValue.tsx';
import { t } from '../../texts/t.ts';
import type { ServerTime } from '../../try/answer.ts';
import { timeParts } from './time-parts.ts';
import styles from './TimeSplit.module.css';

interface TimeSplitProps {
  readonly time: ServerTime | undefined;
  readonly browserMs: number;
  readonly version: string;
  readonly isSaved: boolean;
}

export function TimeSplit({ time, browserMs, version, isSaved }: TimeSplitProps) {
  const parts = timeParts(time, browserMs);
  return (
    <div className={styles.split}>
      <p className={styles.total}>
        <FigureValue figure={durationFigure(browserMs)} size="small" /> <span>{t('time.total')}</span>
        {isSaved && (
          <span className={styles.saved} title={t('glossary.saved')}>
            {t('time.saved')}
          </span>
        )}
        {version !== '' && <span className={styles.version}>{t('answer.byVersion', { version })}</span>}
      </p>
      <div className={styles.bar} aria-hidden="true">
        {parts.map(({ name, ms }) => (
          <span key={name} className={styles[name]} style={{ flexGrow: ms }} />
        ))}
      </div>
      <dl className={styles.legend}>
        {parts.map(({ name, ms }) => (
          <div key={name}>
            <dt>
              <span className={styles[name]} aria-hidden="true" />
              {t(`time.${name}`)}
            </dt>
            <dd translate="no">{durationText(ms)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
