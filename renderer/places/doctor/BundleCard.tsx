/** The diagnostics bundle: made, looked at file by file, left out in part, and saved as one file. */
import { Download, FileText, PackageOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { BundleView } from '../../../server/protocol/admin/doctor-view.ts';
import { callApi, downloadPath } from '../../api/api-client.ts';
import { ApiError } from '../../api/api-error.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { useJob } from '../../components/use-job.ts';
import { bytesText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import styles from './DoctorTab.module.css';

export function BundleCard() {
  const { job, error, isRunning, start } = useJob();
  const bundle = job?.state === 'done' ? (job.result as BundleView) : undefined;
  const failure = error ?? (job?.error === undefined ? undefined : new ApiError(0, job.error));
  return (
    <Card title={t('bundle.title')}>
      <div className={styles.stack}>
        <p>{t('bundle.hint')}</p>
        <div className={styles.actions}>
          <Button
            icon={<PackageOpen aria-hidden="true" />}
            disabled={isRunning}
            onClick={() => start('/diagnostics', {})}
          >
            {bundle === undefined ? t('bundle.make') : t('bundle.makeAgain')}
          </Button>
        </div>
        {isRunning && <ProgressBar label={t('bundle.making')} done={0} total={0} />}
        {failure !== undefined && <ErrorNotice error={failure} />}
        {bundle !== undefined && <Preview key={bundle.id} bundle={bundle} />}
        <CommandHint command="npx millrace doctor --bundle diagnostics.zip" />
      </div>
    </Card>
  );
}

function Preview({ bundle: { id, files, removedSecrets } }: { readonly bundle: BundleView }) {
  const [without, setWithout] = useState<readonly string[]>([]);
  const [name, setName] = useState(files[0]!.name);
  const [text, setText] = useState('');
  const [error, setError] = useState<Error>();
  const path = `/diagnostics/${encodeURIComponent(id)}`;
  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    callApi('GET', `${path}/files/${encodeURIComponent(name)}`, { signal: abort.signal }).then(
      (answer) => setText(answer.text),
      (failure: Error) => {
        if (!abort.signal.aborted) setError(failure);
      },
    );
    return () => abort.abort();
  }, [path, name]);
  const toggle = (file: string): void => {
    setWithout(without.includes(file) ? without.filter((each) => each !== file) : [...without, file]);
  };
  const kept = files.filter((file) => !without.includes(file.name));
  const save = (): void => {
    const query = without.length === 0 ? '' : `?without=${without.map(encodeURIComponent).join(',')}`;
    downloadPath(`${path}/zip${query}`, 'millrace-diagnostics.zip').catch(setError);
  };
  return (
    <>
      <p className={styles.faint}>{t('bundle.removed', { count: removedSecrets })}</p>
      <div className={styles.preview}>
        <ul className={styles.files} aria-label={t('bundle.files')}>
          {files.map((file) => (
            <li key={file.name}>
              <input
                type="checkbox"
                checked={!without.includes(file.name)}
                aria-label={t('bundle.include', { name: file.name })}
                onChange={() => toggle(file.name)}
              />
              <button type="button" aria-pressed={file.name === name} onClick={() => setName(file.name)}>
                <span className={styles.fileName} translate="no">
                  <FileText aria-hidden="true" />
                  {file.name}
                </span>
                <span className={styles.faint} translate="no">
                  {file.about} {bytesText(file.sizeBytes)}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {error === undefined ? (
          <pre
            className={styles.text}
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling frame must be reachable by keyboard
            tabIndex={0}
            role="region"
            aria-label={t('bundle.text', { name })}
            translate="no"
          >
            {text.length > shownCharacters ? `${text.slice(0, shownCharacters)}\n…` : text}
          </pre>
        ) : (
          <ErrorNotice error={error} />
        )}
      </div>
      <div className={styles.actions}>
        <Button look="primary" icon={<Download aria-hidden="true" />} disabled={kept.length === 0} onClick={save}>
          {t('bundle.save', { count: kept.length })}
        </Button>
      </div>
    </>
  );
}

/** What a browser shows without a pause; the saved file has all. */
const shownCharacters = 200_000;
