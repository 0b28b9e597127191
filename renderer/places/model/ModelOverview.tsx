/** Inputs and outputs, numbers of now, and how the model is served. */
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { Card } from '../../components/Card.tsx';
import { FactList } from '../../components/FactList.tsx';
import { FigureValue } from '../../components/FigureValue.tsx';
import { Notice } from '../../components/Notice.tsx';
import { SeriesSparkline } from '../../components/SeriesSparkline.tsx';
import type { Figure } from '../../format/format.ts';
import { bytesText, durationFigure, durationText, formatNumber, rateFigure, shareText } from '../../format/format.ts';
import type { ReadingName } from '../../live/readings.ts';
import { modelMemoryBytes } from '../../live/readings.ts';
import { t } from '../../texts/t.ts';
import { ClearAnswers } from '../models/ClearAnswers.tsx';
import { CopiesTable } from '../monitor/CopiesTable.tsx';
import { TensorCards } from './TensorCards.tsx';
import styles from './ModelOverview.module.css';

export function ModelOverview({ model }: { readonly model: ModelView }) {
  const { name, state, reason, traffic, queued } = model;
  const served = model.versions.find(({ version }) => version === model.servedVersion);
  const hasCopies = model.versions.some(({ replicas }) => replicas.length > 0);
  return (
    <div className={styles.stack}>
      {state !== 'READY' && reason !== '' && (
        <Notice tone={state === 'UNAVAILABLE' ? 'action' : 'note'} title={<span translate="no">{reason}</span>}>
          {served !== undefined && served.lastStderr.length > 0 && (
            <>
              {t('model.lastLines')}
              <pre className={styles.lines} translate="no">
                {served.lastStderr.join('\n')}
              </pre>
            </>
          )}
        </Notice>
      )}
      <Card>
        <TensorCards model={model} />
      </Card>
      <div className={styles.figures}>
        <ModelFigure
          name={t('model.requests')}
          model={name}
          reading="requestsPerSecond"
          figure={rateFigure(traffic.requestsPerSecond)}
        />
        <ModelFigure name={t('model.p50')} model={name} reading="p50Ms" figure={durationFigure(traffic.p50Ms)} />
        <ModelFigure name={t('model.p95')} model={name} reading="p95Ms" figure={durationFigure(traffic.p95Ms)} />
        <ModelFigure
          name={t('model.queue')}
          model={name}
          reading="queued"
          figure={{ value: formatNumber(queued), unit: '' }}
        />
      </div>
      <div className={styles.split}>
        <Card title={t('model.health')}>
          <FactList
            facts={[
              { name: t('model.answered'), value: formatNumber(served?.answered ?? 0) },
              { name: t('model.failed'), value: formatNumber(served?.failed ?? 0) },
              { name: t('model.saved'), value: savedText(model), explanation: t('glossary.saved') },
              { name: t('model.memory'), value: bytesText(modelMemoryBytes(model)) },
              { name: t('model.threads'), value: formatNumber(served?.threads ?? 0) },
              { name: t('model.strategy'), value: model.strategy },
              { name: t('model.timeout'), value: durationText(model.timeoutMs) },
              { name: t('model.batching'), value: served?.batching ?? '' },
            ]}
          />
          {model.cache.whyOff === undefined && (
            <div className={styles.below}>
              <ClearAnswers model={name} />
            </div>
          )}
        </Card>
        <Card title={t('model.copies')} isFlush={hasCopies}>
          {hasCopies ? <CopiesTable models={[model]} isShort /> : <p>{t('copies.none')}</p>}
        </Card>
      </div>
    </div>
  );
}

/** How many answers came from saved ones, or why none does. */
function savedText({ cache: { whyOff, hits, misses } }: ModelView): string {
  if (whyOff !== undefined) return whyOff;
  return hits + misses === 0 ? formatNumber(0) : `${formatNumber(hits)} (${shareText(hits / (hits + misses))})`;
}

interface ModelFigureProps {
  readonly name: string;
  readonly model: string;
  readonly reading: ReadingName;
  readonly figure: Figure;
}

function ModelFigure({ name, model, reading, figure }: ModelFigureProps) {
  return (
    <section className={styles.figure} title={reading === 'p95Ms' ? t('glossary.p95') : undefined}>
      <h2 className={styles.figureName}>{name}</h2>
      <FigureValue figure={figure} size="small" />
      <SeriesSparkline name={reading} model={model} />
    </section>
  );
}
