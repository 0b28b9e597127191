/** Every setting of the host: default, what holds, who said it, whether it waits for a restart; changed, taken back, as a file. */
import { Download, RotateCcw, SearchX, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { SettingsExport, SettingsView } from '../../../server/protocol/admin/settings-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { saveText } from '../../components/save-file.ts';
import { SearchField } from '../../components/SearchField.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { Waiting } from '../../frame/Waiting.tsx';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { SettingRow } from './SettingRow.tsx';
import { SettingsImport } from './SettingsImport.tsx';
import { chooseSettings, groupSettings } from './setting-draft.ts';
import styles from './HostSettings.module.css';

const filters = ['all', 'changed'] as const;

export function HostSettings() {
  const [view, setView] = useState<SettingsView>();
  const [error, setError] = useState<Error>();
  const [typed, setTyped] = useState('');
  const [filter, setFilter] = useState<(typeof filters)[number]>('all');
  const take = useCallback((answer: SettingsView) => {
    setView(answer);
    setError(undefined);
  }, []);
  const connection = useLive((state) => state.connection);
  useEffect(() => {
    // Asked again when a host comes back: it may run with what waited.
    if (connection === 'live') askApi<SettingsView>('GET', '/settings').then(take, setError);
  }, [connection, take]);
  if (view === undefined) return error === undefined ? <Waiting /> : <ErrorNotice error={error} />;
  const undo = (): void => {
    askApi<SettingsView>('POST', '/settings/undo', { body: {} }).then(take, setError);
  };
  const exportAll = (): void => {
    askApi<SettingsExport>('GET', '/settings/export').then(
      (file) => saveText('millrace-settings.json', 'application/json', `${JSON.stringify(file, undefined, 2)}\n`),
      setError,
    );
  };
  const [last] = view.undo;
  const changed = view.settings.filter(({ origin, isWaiting }) => origin !== 'default' || isWaiting);
  const shown = chooseSettings(filter === 'changed' ? changed : view.settings, typed);
  return (
    <div className={styles.stack}>
      {view.problem !== undefined && (
        <Notice tone="attention" title={t('settings.problem')}>
          <span translate="no">{view.problem}</span>
        </Notice>
      )}
      {view.isRestartNeeded && (
        <Notice tone="note" title={t('settings.restart')}>
          {t('settings.restartHint')}
        </Notice>
      )}
      <Card>
        <Toolbar>
          <SearchField label={t('settings.search')} value={typed} onChange={setTyped} />
          <SegmentedChoice
            label={t('settings.show')}
            value={filter}
            options={filters.map((each) => ({ value: each, text: t(`settings.show.${each}`) }))}
            onChange={setFilter}
          />
          <Button icon={<Undo2 aria-hidden="true" />} disabled={last === undefined} onClick={undo}>
            {t('settings.undo')}
          </Button>
          <Button icon={<Download aria-hidden="true" />} onClick={exportAll}>
            {t('settings.export')}
          </Button>
          <SettingsImport onImported={take} />
        </Toolbar>
        {last !== undefined && (
          <p className={styles.last}>
            {t('settings.lastChange')} <span translate="no">{last.paths.join(', ')}</span>
          </p>
        )}
        {error !== undefined && <ErrorNotice error={error} />}
      </Card>
      {shown.length === 0 ? (
        <Card>
          <EmptyState
            icon={filter === 'changed' && typed === '' ? RotateCcw : SearchX}
            title={filter === 'changed' && typed === '' ? t('settings.noneChanged') : t('settings.noMatch')}
          />
        </Card>
      ) : (
        groupSettings(shown).map(({ group, settings }) => (
          <Card key={group} title={groupName(group)} isFlush>
            <ul className={styles.settings}>
              {settings.map((setting) => (
                <li key={setting.path}>
                  <SettingRow setting={setting} onChanged={take} />
                </li>
              ))}
            </ul>
          </Card>
        ))
      )}
      <CommandHint
        command={[
          'npx millrace settings list',
          'npx millrace settings set defaults.timeoutMs 30000',
          'npx millrace settings undo',
          'npx millrace settings export settings.json',
        ].join('\n')}
      />
    </div>
  );
}

const groupTexts = {
  general: 'settings.group.general',
  http: 'settings.group.http',
  admin: 'settings.group.admin',
  defaults: 'settings.group.defaults',
  devices: 'settings.group.devices',
  cache: 'settings.group.cache',
  features: 'settings.group.features',
  limits: 'settings.group.limits',
  compatibility: 'settings.group.compatibility',
  log: 'settings.group.log',
} as const;

/** A group that a newer host has is shown under its own name. */
function groupName(group: string): ReactNode {
  return group in groupTexts ? t(groupTexts[group as keyof typeof groupTexts]) : <span translate="no">{group}</span>;
}
