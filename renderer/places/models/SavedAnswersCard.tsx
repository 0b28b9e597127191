/** Saved answers: how many there are, what they take and saved, and how to be rid of them. */
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { FactList } from '../../components/FactList.tsx';
import { Notice } from '../../components/Notice.tsx';
import { bytesText, durationText, formatNumber, shareText, unknownText } from '../../format/format.ts';
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
  const size = cache.bytes === undefined ? unknownText : bytesText(cache.bytes);
  return (
    <Card title={t('cache.title')}>
      <div className={styles.stack}>
        {cache.problem !== undefined && (
          <Notice tone="attention" title={<span translate="no">{cache.problem.message}</span>}>
            <span translate="no">{cache.problem.hint}</span>
          </Notice>
        )}
        <FactList
          facts={[
            {
              name: t('cache.entries'),
              value: cache.entries === undefined ? unknownText : formatNumber(cache.entries),
              explanation: t('glossary.saved'),
            },
            {
              name: t('cache.size'),
              value: cache.maxBytes === undefined ? size : t('cache.of', { size, most: bytesText(cache.maxBytes) }),
            },
            {
              name: t('cache.hits'),
              value: asked === 0 ? formatNumber(0) : `${formatNumber(hits)} (${shareText(hits / asked)})`,
            },
            { name: t('cache.saved'), value: durationText(savedSeconds * 1000) },
          ]}
        />
        <ClearAnswers />
        <CommandHint command={'npx millrace cache status\nnpx millrace cache clear'} />
      </div>
    </Card>
  );
}
