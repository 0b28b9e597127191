/** Home: is all well, what needs a person, what is served, and how to bring a model. */
import { ArrowRight } from 'lucide-react';
import { memo } from 'react';
import { ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { nowMs } from '../../format/format.ts';
import { useHost, useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { EventList } from '../monitor/EventList.tsx';
import { DropZone } from '../models/DropZone.tsx';
import { groupEvents } from './event-groups.ts';
import { HomeFigures } from './HomeFigures.tsx';
import { ModelCard } from './ModelCard.tsx';
import { attentionItems, homeSentence } from './home-sentence.ts';
import type { AttentionItem } from './home-sentence.ts';
import styles from './HomePlace.module.css';

/** Enough to see what went on; the rest is in Monitor. */
const shownEvents = 5;

export function HomePlace() {
  const host = useHost()!;
  const hasEvents = useLive((state) => state.events.length > 0);
  const attention = attentionItems(host);
  return (
    <>
      <PageHead
        title={t('place.home')}
        lead={homeSentence(host, attention.length, nowMs())}
        actions={
          host.models.length > 0 && (
            <ButtonLink to="/connect" look="primary">
              {t('home.connect')}
            </ButtonLink>
          )
        }
      />
      <div className={styles.stack}>
        {attention.length > 0 && (
          <section className={styles.attention} aria-label={t('home.needsAttention')}>
            {attention.map((item) => (
              <AttentionNotice key={item.key} item={item} />
            ))}
          </section>
        )}
        {host.models.length > 0 && <HomeFigures host={host} />}
        {host.models.length > 0 && (
          <section aria-labelledby="home-models">
            <div className={styles.sectionHead}>
              <h2 id="home-models">{t('home.models')}</h2>
              <ButtonLink to="/models" look="quiet">
                {t('home.allModels')}
              </ButtonLink>
            </div>
            <ul className={styles.cards}>
              {host.models.map((model) => (
                <li key={model.name}>
                  <ModelCard model={model} />
                </li>
              ))}
            </ul>
          </section>
        )}
        <div className={hasEvents ? styles.split : undefined}>
          <DropZone isLarge={host.models.length === 0} />
          {hasEvents && <LatestEvents />}
        </div>
      </div>
    </>
  );
}

/** Drawn anew only when something happened. */
const LatestEvents = memo(function LatestEvents() {
  const events = useLive((state) => state.events);
  return (
    <Card
      title={t('home.latest')}
      isFlush
      aside={
        <ButtonLink to="/monitor/events" look="quiet" icon={<ArrowRight aria-hidden="true" />}>
          {t('home.allEvents')}
        </ButtonLink>
      }
    >
      <EventList events={groupEvents(events).slice(0, shownEvents)} isShort />
    </Card>
  );
});

function AttentionNotice({ item: { tone, title, hint, model } }: { readonly item: AttentionItem }) {
  return (
    <Notice
      tone={tone}
      title={title}
      actions={
        model !== undefined && (
          <ButtonLink to={`/models/${encodeURIComponent(model)}`}>{t('home.look', { model })}</ButtonLink>
        )
      }
    >
      <span translate="no">{hint}</span>
    </Notice>
  );
}
