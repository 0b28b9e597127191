/** How many copies a model has, why, and how to overrule that. */
import { Gauge } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import type { ScalingOrderBody, ScalingView } from '../../../server/protocol/admin/scaling-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FactList } from '../../components/FactList.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { answerNumber, bytesText, durationText, figureText, formatNumber, unknownText } from '../../format/format.ts';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { CopiesTable } from '../monitor/CopiesTable.tsx';
import { EventList } from '../monitor/EventList.tsx';
import { ScalingOrder } from './ScalingOrder.tsx';
import { limitText, metricText } from './metric-text.ts';
import styles from './ScalingTab.module.css';

/** The autoscaler looks every second; a person reads slower. */
const refreshMs = 2000;

export function ScalingTab({ model }: { readonly model: ModelView }) {
  const { name } = model;
  const [views, setViews] = useState<readonly ScalingView[]>();
  const [error, setError] = useState<Error>();
  const take = useCallback((answer: readonly ScalingView[]) => {
    setViews(answer);
    setError(undefined);
  }, []);
  useEffect(() => {
    const load = (): void => {
      askApi<readonly ScalingView[]>('GET', `/scaling?model=${encodeURIComponent(name)}`).then(take, setError);
    };
    load();
    const timer = setInterval(load, refreshMs);
    return () => clearInterval(timer);
  }, [name, take]);
  const order = (body: ScalingOrderBody): void => {
    askApi<readonly ScalingView[]>('PUT', `/scaling/${encodeURIComponent(name)}`, { body }).then(take, setError);
  };
  const decisions = useLive((state) => state.events).filter(
    (event) => event.kind === 'scaling' && event.model === name,
  );
  const served = views?.find(({ version }) => version === model.servedVersion) ?? views?.[0];
  const hasCopies = model.versions.some(({ replicas }) => replicas.length > 0);
  return (
    <div className={styles.stack}>
      {error !== undefined && <ErrorNotice error={error} />}
      {served === undefined
        ? views !== undefined && (
            <Card>
              <EmptyState icon={Gauge} title={t('scaling.none')}>
                {t('scaling.noneHint')}
              </EmptyState>
            </Card>
          )
        : null}
      {served !== undefined && (
        <>
          <Card title={t('scaling.now')}>
            <div className={styles.now}>
              <p className={styles.figure} translate="no">
                {formatNumber(served.ready)}
                <span>{t('scaling.of', { desired: served.desired })}</span>
              </p>
              <p className={styles.why} translate="no">
                {served.explanation}
              </p>
            </div>
            <ScalingOrder key={served.mode} view={served} onOrder={order} />
          </Card>
          <div className={styles.split}>
            <Card title={t('scaling.votes')} isFlush>
              <Table label={t('scaling.votes')} columns={columns} rows={served.votes} rowKey={({ metric }) => metric} />
            </Card>
            <Card title={t('scaling.bounds')}>
              <FactList
                facts={[
                  {
                    name: t('scaling.range'),
                    value: t('scaling.fromTo', { min: served.min, max: served.max }),
                  },
                  {
                    name: t('scaling.limit'),
                    value:
                      served.limitedBy === undefined
                        ? formatNumber(served.limit)
                        : `${formatNumber(served.limit)} (${limitText(served.limitedBy)})`,
                  },
                  { name: t('scaling.perCopy'), value: formatNumber(served.slotsPerReplica) },
                  { name: t('model.threads'), value: formatNumber(served.threads) },
                  { name: t('scaling.peak'), value: bytesText(served.peakRssBytes) },
                ]}
              />
            </Card>
          </div>
        </>
      )}
      {hasCopies && (
        <Card title={t('model.copies')} isFlush>
          <CopiesTable models={[model]} />
        </Card>
      )}
      {decisions.length > 0 && (
        <Card title={t('monitor.decisions')} isFlush>
          <EventList events={decisions.slice(0, 10)} />
        </Card>
      )}
    </div>
  );
}

type Vote = ScalingView['votes'][number];

const columns: readonly Column<Vote>[] = [
  {
    key: 'metric',
    head: t('scaling.metric'),
    isRowHead: true,
    cell: ({ metric }) => metricText(metric),
  },
  {
    key: 'value',
    head: t('scaling.value'),
    isNumber: true,
    cell: ({ value, unit }) => (
      <span translate="no">
        {value === undefined ? unknownText : figureText({ value: answerNumber(value), unit: unit.trim() })}
      </span>
    ),
  },
  {
    key: 'target',
    head: t('scaling.target'),
    isNumber: true,
    cell: ({ target, above, below }) => (
      <span translate="no">
        {target !== undefined
          ? answerNumber(target)
          : [
              above === undefined ? '' : `> ${answerNumber(above)}`,
              below === undefined ? '' : `< ${answerNumber(below)}`,
            ]
              .filter(Boolean)
              .join(', ') || unknownText}
      </span>
    ),
  },
  { key: 'verdict', head: t('scaling.verdict'), cell: ({ verdict }) => t(`scaling.verdict.${verdict}`) },
  {
    key: 'held',
    head: t('scaling.held'),
    isNumber: true,
    cell: ({ heldMs }) => <span translate="no">{durationText(heldMs)}</span>,
  },
];
