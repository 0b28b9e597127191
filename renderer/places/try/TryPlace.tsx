/** Try it: a form made from the model's signature on one side, the answer on the other. */
import { Play } from 'lucide-react';
import { Redirect, useLocation } from 'wouter';
import { ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Choice } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { TryModel } from './TryModel.tsx';
import { easiestModel } from './easiest-model.ts';
import styles from './TryPlace.module.css';

export function TryPlace({ name }: { readonly name: string | undefined }) {
  const models = useModels();
  const [, navigate] = useLocation();
  const model = models.find((each) => each.name === name);
  const easiest = easiestModel(models);
  if (model === undefined) {
    if (easiest !== undefined) return <Redirect to={`/try/${encodeURIComponent(easiest.name)}`} replace />;
    return (
      <>
        <PageHead title={t('place.try')} lead={t('try.lead')} />
        <Card>
          <EmptyState
            icon={Play}
            title={t('try.none')}
            actions={
              <ButtonLink to="/models/import" look="primary">
                {t('models.import')}
              </ButtonLink>
            }
          >
            {t('try.noneHint')}
          </EmptyState>
        </Card>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={t('place.try')}
        lead={t('try.lead')}
        actions={
          <div className={styles.picker}>
            <Choice
              label={t('try.model')}
              value={model.name}
              areNames
              options={models.map((each) => ({ value: each.name, text: each.name }))}
              onChange={(chosen) => navigate(`/try/${encodeURIComponent(chosen)}`)}
            />
          </div>
        }
      />
      {model.state === 'UNAVAILABLE' && (
        <div className={styles.notice}>
          <Notice
            tone="action"
            title={t('try.failedModel')}
            actions={
              <ButtonLink to={`/models/${encodeURIComponent(model.name)}`}>
                {t('home.look', { model: model.name })}
              </ButtonLink>
            }
          >
            <span translate="no">{model.reason}</span>
          </Notice>
        </div>
      )}
      {model.state === 'IDLE' && (
        <div className={styles.notice}>
          <Notice tone="note" title={t('try.idle')} />
        </div>
      )}
      <TryModel key={model.name} model={model} />
    </>
  );
}
