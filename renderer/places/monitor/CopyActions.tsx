/** Drain, resume and restart of one copy, and what came of it. */
import { useState } from 'react';
import type { ReplicaView } from '../../../server/protocol/admin/host-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { useJob } from '../../components/use-job.ts';
import type { StartedJob } from '../../components/use-job.ts';
import { JobNotice } from '../../frame/JobNotice.tsx';
import { t } from '../../texts/t.ts';
import styles from './CopyActions.module.css';

export interface CopyOrders {
  readonly started: StartedJob;
  /** The copy that was ordered something last, and what the command line says to do the same. */
  readonly last: { readonly name: string; readonly command: string } | undefined;
  readonly error: Error | undefined;
  drain(name: string): void;
  resume(name: string): void;
  restart(name: string): void;
}

export function useCopyOrders(): CopyOrders {
  const started = useJob();
  const [last, setLast] = useState<CopyOrders['last']>();
  const [error, setError] = useState<Error>();
  const note = (verb: string, name: string): void => {
    setError(undefined);
    setLast({ name, command: `npx millrace copies ${verb} '${name}'` });
  };
  const order = (verb: 'drain' | 'resume') => (name: string) => {
    note(verb, name);
    askApi('POST', `/copies/${verb}`, { body: { name } }).catch(setError);
  };
  return {
    started,
    last,
    error,
    drain: order('drain'),
    resume: order('resume'),
    restart(name) {
      note('restart', name);
      started.start('/copies/restart', { name });
    },
  };
}

export function CopyActions({ copy, orders }: { readonly copy: ReplicaView; readonly orders: CopyOrders }) {
  const { name, state } = copy;
  const isDrained = state === 'drained' || state === 'draining';
  return (
    <span className={styles.actions}>
      <Button
        look="quiet"
        disabled={state === 'starting'}
        aria-label={`${isDrained ? t('copies.resume') : t('copies.drain')} ${name}`}
        title={isDrained ? t('copies.resumeHint') : t('copies.drainHint')}
        onClick={() => (isDrained ? orders.resume(name) : orders.drain(name))}
      >
        {isDrained ? t('copies.resume') : t('copies.drain')}
      </Button>
      <Button
        look="quiet"
        disabled={orders.started.isRunning}
        aria-label={`${t('copies.restart')} ${name}`}
        title={t('copies.restartHint')}
        onClick={() => orders.restart(name)}
      >
        {t('copies.restart')}
      </Button>
    </span>
  );
}

/** Above the table: why an order failed, or how the restart goes. Nothing where nothing was ordered. */
export function CopyOrderNotice({ orders: { started, last, error } }: { readonly orders: CopyOrders }) {
  if (last === undefined) return null;
  return (
    <div className={styles.notice} role="status">
      {error !== undefined && <ErrorNotice error={error} />}
      <JobNotice started={started} />
      <CommandHint command={last.command} />
    </div>
  );
}
