/** Takes settings over from a file: first what would change, then the change. */
import { Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import type { SettingsImported, SettingsView } from '../../../server/protocol/admin/settings-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { t } from '../../texts/t.ts';
import { readableValue } from './setting-draft.ts';
import styles from './HostSettings.module.css';

interface Draft {
  readonly fileName: string;
  readonly file: unknown;
  readonly preview: SettingsImported;
}

export function SettingsImport({ onImported }: { onImported(view: SettingsView): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<Draft>();
  const [error, setError] = useState<Error>();
  const read = async (chosen: File | undefined): Promise<void> => {
    setError(undefined);
    if (chosen === undefined) return;
    try {
      const file = JSON.parse(await chosen.text()) as unknown;
      const preview = await askApi<SettingsImported>('POST', '/settings/import', { body: { file, dryRun: true } });
      setDraft({ fileName: chosen.name, file, preview });
    } catch (failure) {
      setError(failure instanceof SyntaxError ? new Error(t('settings.importNoJson')) : (failure as Error));
    }
  };
  const take = (): void => {
    askApi<SettingsImported>('POST', '/settings/import', { body: { file: draft!.file } }).then(({ settings }) => {
      setDraft(undefined);
      onImported(settings);
    }, setError);
  };
  return (
    <>
      <Button icon={<Upload aria-hidden="true" />} onClick={() => input.current!.click()}>
        {t('settings.import')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={t('settings.import')}
        onChange={(event) => {
          void read(event.target.files?.[0]);
          // The same file can be chosen again.
          event.target.value = '';
        }}
      />
      {error !== undefined && draft === undefined && (
        <div className={styles.wide}>
          <ErrorNotice error={error} />
        </div>
      )}
      <Dialog title={t('settings.importTitle')} isOpen={draft !== undefined} onClose={() => setDraft(undefined)}>
        {draft !== undefined && (
          <div className={styles.stack}>
            <p translate="no">{draft.fileName}</p>
            {draft.preview.changes.length === 0 ? (
              <p>{t('settings.importNothing')}</p>
            ) : (
              <Table
                label={t('settings.importChanges')}
                columns={columns}
                rows={draft.preview.changes}
                rowKey={({ path }) => path}
              />
            )}
            {draft.preview.leftOut.length > 0 && (
              <div>
                <h3>{t('settings.importLeftOut')}</h3>
                <ul>
                  {draft.preview.leftOut.map(({ path, why }) => (
                    <li key={path} translate="no">
                      {path}: {why}
                    </li>
                  ))}
                </ul>
              </div>
            )}
            {error !== undefined && <ErrorNotice error={error} />}
            <div className={styles.buttons}>
              <Button look="primary" disabled={draft.preview.changes.length === 0} onClick={take}>
                {t('settings.importTake')}
              </Button>
              <Button onClick={() => setDraft(undefined)}>{t('settings.cancel')}</Button>
            </div>
          </div>
        )}
      </Dialog>
    </>
  );
}

const plain = { kind: 'text' } as const;

const columns: readonly Column<SettingsImported['changes'][number]>[] = [
  {
    key: 'path',
    head: t('settings.setting'),
    isRowHead: true,
    cell: ({ path }) => <span translate="no">{path}</span>,
  },
  {
    key: 'from',
    head: t('settings.was'),
    cell: ({ from }) => <span translate="no">{readableValue(plain, from)}</span>,
  },
  { key: 'to', head: t('settings.willBe'), cell: ({ to }) => <span translate="no">{readableValue(plain, to)}</span> },
];
