/** Fifty runs as a histogram of their times. */
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { durationText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { histogram, percentile } from '../../try/histogram.ts';
import type { Series } from './use-runner.ts';
import styles from './ManyRuns.module.css';

export function ManyRuns({ series: { count, times, failed, isRunning } }: { readonly series: Series }) {
  const bins = histogram(times);
  const most = Math.max(...bins.map((bin) => bin.count), 1);
  return (
    <div className={styles.runs}>
      {isRunning && (
        <>
          <p role="status">{t('many.progress', { done: times.length + failed, count })}</p>
          <ProgressBar label={t('try.running')} done={times.length + failed} total={count} />
        </>
      )}
      {times.length > 0 && (
        <>
          <div className={styles.chart} aria-hidden="true">
            {bins.map((bin) => (
              <span
                key={bin.from}
                title={`${durationText(bin.from)} – ${durationText(bin.to)}: ${bin.count}`}
                style={{ blockSize: `${(bin.count / most) * 100}%` }}
              />
            ))}
          </div>
          <div className={styles.axis} aria-hidden="true" translate="no">
            <span>{durationText(bins[0]!.from)}</span>
            <span>{durationText(bins.at(-1)!.to)}</span>
          </div>
          <table className={styles.table}>
            <caption>{t('many.chart')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('many.from')}</th>
                <th scope="col">{t('many.to')}</th>
                <th scope="col">{t('many.runs')}</th>
              </tr>
            </thead>
            <tbody translate="no">
              {bins.map((bin) => (
                <tr key={bin.from}>
                  <td>{durationText(bin.from)}</td>
                  <td>{durationText(bin.to)}</td>
                  <td>{bin.count}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p>
            {t('many.spread', {
              p50: durationText(percentile(times, 0.5)),
              p95: durationText(percentile(times, 0.95)),
              max: durationText(Math.max(...times)),
            })}
          </p>
        </>
      )}
      {failed > 0 && <p className={styles.failed}>{t('many.failed', { count: failed })}</p>}
    </div>
  );
}
