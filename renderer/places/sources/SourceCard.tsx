/** One source: how it went, when it is asked again, and what can be done with it. */
import { CircleCheck, CircleDashed, CircleX, Cloud, FolderSync } from 'lucide-react';
import { useState } from 'react';
import type { SourceCheck, SourceRun, SourceView } from '../../../server/protocol/admin/source-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import type { StateWord } from '../../components/state-words.ts';
import { useJob } from '../../components/use-job.ts';
import { JobNotice } from '../../frame/JobNotice.tsx';
import { t } from '../../texts/t.ts';
import { PushForm } from './PushForm.tsx';
import styles from './SourceCard.module.css';

interface SourceCardProps {
  readonly source: SourceView;
  /** Asks the host again how things are. */
  onChanged(): void;
}

const outcomes: Readonly<Record<SourceRun['outcome'], StateWord>> = {
  running: { tone: 'running', icon: FolderSync, word: 'state.running' },
  done: { tone: 'good', icon: CircleCheck, word: 'state.done' },
  partly: { tone: 'attention', icon: CircleDashed, word: 'state.partly' },
  // Off, not red: what was imported is served all the same.
  failed: { tone: 'off', icon: CircleX, word: 'state.unreached' },
  interrupted: { tone: 'off', icon: CircleDashed, word: 'state.canceled' },
};

export function SourceCard({ source, onChanged }: SourceCardProps) {
  const { settings, address, last, nextSyncAt, paused, origin } = source;
  const { name } = settings;
  const path = `/sources/${encodeURIComponent(name)}`;
  const [check, setCheck] = useState<SourceCheck>();
  const [isChecking, setChecking] = useState(false);
  const [isPushing, setPushing] = useState(false);
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<Error>();
  const started = useJob();
  const test = (): void => {
    setChecking(true);
    askApi<SourceCheck>('POST', `${path}/check`, { body: {} })
      .then(setCheck, setError)
      .finally(() => setChecking(false));
  };
  const change = (method: 'PATCH' | 'DELETE', body?: unknown): void => {
    askApi(method, path, body === undefined ? {} : { body }).then(onChanged, setError);
  };
  const Icon = settings.kind === 's3' ? Cloud : FolderSync;
  return (
    <div className={styles.source}>
      <Icon aria-hidden="true" />
      <div className={styles.words}>
        <div className={styles.head}>
          <h3 translate="no">{name}</h3>
          {paused ? (
            <span className={styles.faint}>{t('sources.paused')}</span>
          ) : (
            last !== undefined && <StateBadge state={outcomes[last.outcome]} />
          )}
        </div>
        <p>
          <code translate="no">{address}</code>
        </p>
        {last !== undefined && last.sentence !== '' && (
          <p>
            <Time iso={last.endedAt ?? last.startedAt} />{' '}
            <span translate="no">
              {last.sentence} {last.hint}
            </span>
          </p>
        )}
        <p className={styles.faint}>
          {t(`sources.credentials.${source.credentials}`)}
          {nextSyncAt !== undefined && (
            <>
              {' · '}
              {t('sources.next')} <Time iso={nextSyncAt} />
            </>
          )}
        </p>
        {check !== undefined && (
          <ul className={styles.check} aria-label={t('sources.test')}>
            {check.map(({ step, state, sentence, hint }) => (
              <li key={step} className={styles[state]}>
                {state === 'ok' ? (
                  <CircleCheck aria-hidden="true" />
                ) : state === 'failed' ? (
                  <CircleX aria-hidden="true" />
                ) : (
                  <CircleDashed aria-hidden="true" />
                )}
                <span>
                  <strong>{t(`sources.step.${step}`)}</strong>{' '}
                  <span translate="no">
                    {sentence} {hint}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
        {error !== undefined && <ErrorNotice error={error} />}
        <div className={styles.actions}>
          <Button disabled={started.isRunning} onClick={() => started.start(`${path}/sync`, {})}>
            {t('sources.sync')}
          </Button>
          <Button disabled={started.isRunning} onClick={() => started.start(`${path}/sync`, { dryRun: true })}>
            {t('sources.preview')}
          </Button>
          <Button disabled={isChecking} onClick={test}>
            {isChecking ? t('sources.testing') : t('sources.test')}
          </Button>
          <Button onClick={() => change('PATCH', { paused: !paused })}>
            {paused ? t('sources.resume') : t('sources.pause')}
          </Button>
          <Button aria-expanded={isPushing} onClick={() => setPushing(!isPushing)}>
            {t('sources.push')}
          </Button>
          {origin === 'added' && (
            <Button look={isSure ? 'danger' : 'plain'} onClick={() => (isSure ? change('DELETE') : setSure(true))}>
              {isSure ? t('sources.removeSure', { name }) : t('sources.remove')}
            </Button>
          )}
        </div>
        {isPushing && <PushForm source={name} onCancel={() => setPushing(false)} />}
        <JobNotice started={started} />
        <CommandHint
          command={[
            `npx millrace sources sync ${name}`,
            `npx millrace sources sync ${name} --dry-run`,
            `npx millrace sources test ${name}`,
            `npx millrace sources ${paused ? 'resume' : 'pause'} ${name}`,
          ].join('\n')}
        />
      </div>
    </div>
  );
}
