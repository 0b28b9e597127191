/** One model: what it takes and gives, how it does, its versions, code that calls it, and what happened to it. */
import { Play, SearchX } from 'lucide-react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { LinkTabs } from '../../components/LinkTabs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { modelStateWords } from '../../components/state-words.ts';
import { useHost, useLive, useModel } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { exampleRequest } from '../../try/example-request.ts';
import { EventList } from '../monitor/EventList.tsx';
import { SnippetCard } from '../try/SnippetCard.tsx';
import { ModelOverview } from './ModelOverview.tsx';
import { ScalingTab } from './ScalingTab.tsx';
import { VersionList } from './VersionList.tsx';
import styles from './ModelPlace.module.css';

const tabs = ['overview', 'versions', 'scaling', 'use', 'activity'] as const;

export function ModelPlace({ name, tab = 'overview' }: { readonly name: string; readonly tab?: string | undefined }) {
  const model = useModel(name);
  if (model === undefined) {
    return (
      <>
        <PageHead title={name} isName />
        <Card>
          <EmptyState
            icon={SearchX}
            title={t('model.notFound', { model: name })}
            actions={<ButtonLink to="/models">{t('home.allModels')}</ButtonLink>}
          >
            {t('model.notFoundHint')}
          </EmptyState>
        </Card>
      </>
    );
  }
  const base = `/models/${encodeURIComponent(name)}`;
  const pathOf = (each: string): string => (each === 'overview' ? base : `${base}/${each}`);
  return (
    <>
      <PageHead
        title={name}
        isName
        lead={
          <>
            {model.description !== undefined && <p translate="no">{model.description}</p>}
            <p className={styles.states}>
              <StateBadge state={modelStateWords[model.state]} />
              <span>{t('model.version', { version: model.servedVersion })}</span>
              {model.pinnedVersion !== undefined && <span>{t('model.pinned', { version: model.pinnedVersion })}</span>}
            </p>
          </>
        }
        actions={
          <ButtonLink to={`/try/${encodeURIComponent(name)}`} look="primary" icon={<Play aria-hidden="true" />}>
            {t('home.try')}
          </ButtonLink>
        }
      />
      <LinkTabs
        label={t('model.tabs')}
        current={pathOf(tab)}
        tabs={tabs.map((each) => ({ path: pathOf(each), text: t(`model.${each}`) }))}
      />
      {tab === 'versions' ? (
        <VersionList model={model} />
      ) : tab === 'scaling' ? (
        <ScalingTab model={model} />
      ) : tab === 'use' ? (
        <UseIt model={model} />
      ) : tab === 'activity' ? (
        <ModelActivity name={name} />
      ) : (
        <ModelOverview model={model} />
      )}
    </>
  );
}

function UseIt({ model }: { readonly model: ModelView }) {
  const { inferenceUrl, needsKey } = useHost()!;
  const request = exampleRequest(model, inferenceUrl);
  return request === undefined ? (
    <Card>
      <p>{t('model.signatureLater')}</p>
    </Card>
  ) : (
    <SnippetCard request={{ ...request, needsKey }} />
  );
}

function ModelActivity({ name }: { readonly name: string }) {
  const events = useLive((state) => state.events).filter(({ model }) => model === name);
  return (
    <Card isFlush>
      {events.length === 0 ? (
        <EmptyState icon={SearchX} title={t('model.noActivity')} />
      ) : (
        <EventList events={events} />
      )}
    </Card>
  );
}
