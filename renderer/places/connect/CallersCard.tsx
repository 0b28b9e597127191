/** What a person has allowed beside the computer's own names and pages, and what is blocked; each can be taken out. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import { X } from 'lucide-react';
import type { CallerRulesChange, CallerRulesView } from '../../../server/protocol/admin/refused-client.ts';
import { askApi } from '../../api/api-client.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { t } from '../../texts/t.ts';
import styles from './CallersCard.module.css';

const refreshMs = 5000;

const lists = [
  { list: 'hosts', member: 'host' },
  { list: 'origins', member: 'origin' },
  { list: 'blocked', member: 'blocked' },
] as const;

export function CallersCard() {
  const rules = usePolled<CallerRulesView>('/callers', refreshMs);
  const [origin, setOrigin] = useState('');
  const [error, setError] = useState<Error>();
  const change = (body: CallerRulesChange): void => {
    askApi<CallerRulesView>('PATCH', '/callers', { body }).then((view) => {
      setError(undefined);
      rules.show(view);
    }, setError);
  };
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (origin.trim() === '') return;
    change({ add: { origin: origin.trim() } });
    setOrigin('');
  };
  const { value } = rules;
  if (value === undefined) return null;
  return (
    <Card title={t('callers.title')}>
      <div className={styles.callers}>
        {lists.map(({ list, member }) => (
          <div key={list}>
            <p className={styles.head}>{t(`callers.${list}`)}</p>
            {value[list].length === 0 ? (
              <p className={styles.faint}>{t('callers.none')}</p>
            ) : (
              <ul className={styles.entries}>
                {value[list].map((entry) => (
                  <li key={entry}>
                    <code translate="no">{entry}</code>
                    <IconButton
                      icon={<X aria-hidden="true" />}
                      label={t('callers.remove', { entry })}
                      onClick={() => change({ remove: { [member]: entry } })}
                    />
                  </li>
                ))}
              </ul>
            )}
          </div>
        ))}
        <form className={styles.form} onSubmit={add}>
          <TextField
            label={t('callers.add')}
            value={origin}
            placeholder="https://panel.example"
            translate="no"
            onChange={(event) => setOrigin(event.target.value)}
          />
          <Button type="submit">{t('callers.addButton')}</Button>
        </form>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={value.localNeedsKey}
            onChange={(event) => change({ localNeedsKey: event.target.checked })}
          />
          {t('callers.local')}
        </label>
        {error !== undefined && <ErrorNotice error={error} />}
        <CommandHint
          command={[
            `npx millrace lan allow --page ${origin.trim() || 'https://panel.example'}`,
            `npx millrace lan allow --local ${value.localNeedsKey ? 'open' : 'key'}`,
          ].join('\n')}
        />
      </div>
    </Card>
  );
}
