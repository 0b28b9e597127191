/** Saved answers: how many there are, what they take and saved, and how to be rid of them. */
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { FigureValue } from '../../components/FigureValue.tsx';
import { Notice } from '../../components/Notice.tsx';
import { bytesFigure, bytesText, durationFigure, formatNumber, shareText, unknownText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { ClearAnswers } from './ClearAnswers.tsx';
import styles from './SavedAnswersCard.module.css';

export function SavedAnswersCard({ host: { cache, models } }: { readonly host: HostView }) {
  if (cache === undefined) {
    return (
      <Card title={t('cache.title')}>
        <p>{t('cache.off')}</p>
      </Card>
    );
  }
  const hits = models.reduce((sum, model) => sum + model.cache.hits, 0);
  const asked = models.reduce((sum, model) => sum + model.cache.hits + model.cache.misses, 0);
  const savedSeconds = models.reduce((sum, model) => sum + model.cache.savedSeconds, 0);
  return (
    <Card title={t('cache.title')}>
      <div className={styles.stack}>
        {cache.problem !== undefined && (
          <Notice tone="attention" title={<span translate="no">{cache.problem.message}</span>}>
            <span translate="no">{cache.problem.hint}</span>
          </Notice>
        )}
        <dl className={styles.figures}>
          <div title={t('glossary.saved')}>
            <dt>{t('cache.entries')}</dt>
            <dd>
              <FigureValue
                size="small"
                figure={{ value: cache.entries === undefined ? unknownText : formatNumber(cache.entries), unit: '' }}
              />
            </dd>
          </div>
          <div>
            <dt>{t('cache.hits')}</dt>
            <dd>
              <FigureValue
                size="small"
                figure={{ value: formatNumber(hits), unit: asked === 0 ? '' : shareText(hits / asked) }}
              />
            </dd>
          </div>
          <div>
            <dt>{t('cache.saved')}</dt>
            <dd>
              <FigureValue size="small" figure={durationFigure(savedSeconds * 1000)} />
            </dd>
          </div>
          <div>
            <dt>{t('cache.size')}</dt>
            <dd>
              <FigureValue size="small" figure={bytesFigure(cache.bytes)} />
              {cache.maxBytes !== undefined && (
                <p className={styles.faint}>{t('cache.of', { most: bytesText(cache.maxBytes) })}</p>
              )}
            </dd>
          </div>
        </dl>
        <ClearAnswers />
        <CommandHint command={'npx millrace cache status\nnpx millrace cache clear'} />
      </div>
    </Card>
  );
}
