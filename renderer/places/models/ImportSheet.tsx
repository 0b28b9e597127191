/** The import of one file: choose, send, watch it being checked and tried, and see what came out. */
import { CircleCheck, FileBox, TriangleAlert } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { FormEvent } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextField } from '../../components/Field.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { bytesText } from '../../format/format.ts';
import { progressText } from '../../frame/progress-text.ts';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { DropZone } from './DropZone.tsx';
import { importOutcome } from './import-result.ts';
import type { ImportedModel, ImportOutcome } from './import-result.ts';
import { cancelImport, importState, resetImport, startImport, subscribeImport } from './import-store.ts';
import type { ChosenFile } from './import-store.ts';
import styles from './ImportSheet.module.css';

interface ImportSheetProps {
  readonly isOpen: boolean;
  onClose(): void;
}

export function ImportSheet({ isOpen, onClose }: ImportSheetProps) {
  return (
    <Dialog title={t('import.title')} isOpen={isOpen} onClose={onClose}>
      <div className={styles.sheet}>
        <ImportBody />
      </div>
    </Dialog>
  );
}

function ImportBody() {
  const { phase, file, sentBytes, jobId, error } = useSyncExternalStore(subscribeImport, importState);
  const job = useLive(({ jobs }) => jobs.find(({ id }) => id === jobId));
  const outcome = importOutcome(job);
  if (phase === 'choosing' || file === undefined) return <DropZone isLarge />;
  if (phase === 'ready') return <ReadyForm file={file} />;
  const again = <Button onClick={resetImport}>{t('import.another')}</Button>;
  if (phase === 'uploading') {
    return (
      <>
        <FileLine file={file} />
        <p>{t('import.uploading', { file: bytesText(file.size) })}</p>
        <ProgressBar label={file.name} done={sentBytes} total={file.size} />
        <div className={styles.actions}>
          <Button onClick={cancelImport}>{t('import.cancel')}</Button>
        </div>
      </>
    );
  }
  if (phase === 'failed' && error !== undefined) {
    return (
      <>
        <FileLine file={file} />
        <ErrorNotice error={error} actions={again} />
      </>
    );
  }
  if (phase === 'canceled' || job?.state === 'canceled') {
    return <Notice tone="note" title={t('import.canceled')} actions={again} />;
  }
  if (outcome !== undefined) return <Outcome file={file} outcome={outcome} command={job!.command} />;
  if (job?.state === 'failed' && job.error !== undefined) {
    return (
      <>
        <FileLine file={file} />
        <h3 className={styles.refused}>
          <TriangleAlert aria-hidden="true" /> <span>{t('import.refused', { file: file.name })}</span>
        </h3>
        <ErrorNotice error={new ApiError(0, job.error)} actions={again} />
        <CommandHint command={job.command} />
      </>
    );
  }
  return (
    <>
      <FileLine file={file} />
      <p role="status">
        {job === undefined ? t('import.checking') : <span translate="no">{progressText(job.progress)}</span>}
      </p>
      <ProgressBar label={t('import.checking')} done={job?.progress.done ?? 0} total={job?.progress.total ?? 0} />
      <div className={styles.actions}>
        <Button onClick={cancelImport}>{t('import.cancel')}</Button>
      </div>
    </>
  );
}

function FileLine({ file }: { readonly file: ChosenFile }) {
  return (
    <p className={styles.file} translate="no">
      <FileBox aria-hidden="true" />
      <strong>{file.name}</strong>
      <span>{bytesText(file.size)}</span>
    </p>
  );
}

function ReadyForm({ file }: { readonly file: ChosenFile }) {
  const [name, setName] = useState('');
  useEffect(() => setName(''), [file]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void startImport(name.trim());
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <FileLine file={file} />
      <TextField
        label={t('import.name')}
        help={t('import.nameHint')}
        value={name}
        placeholder={file.name.replace(/\.(onnx|zip)$/i, '')}
        onChange={(event) => setName(event.target.value)}
        maxLength={64}
      />
      <div className={styles.actions}>
        <Button look="primary" type="submit">
          {t('import.start')}
        </Button>
        <Button onClick={resetImport}>{t('import.another')}</Button>
      </div>
    </form>
  );
}

interface OutcomeProps {
  readonly file: ChosenFile;
  readonly outcome: ImportOutcome;
  readonly command: string;
}

function Outcome({ file, outcome: { versions, isLive }, command }: OutcomeProps) {
  const isAny = versions.some(({ state }) => state !== 'refused');
  return (
    <>
      <FileLine file={file} />
      {versions.map((version) =>
        version.state === 'refused' ? (
          <ErrorNotice
            key={version.name}
            error={
              new ApiError(0, {
                error: version.error,
                code: version.code,
                ...(version.hint !== undefined && { hint: version.hint }),
              })
            }
          />
        ) : (
          <Imported key={`${version.name} ${version.version}`} model={version} isLive={isLive} />
        ),
      )}
      {isAny && !isLive && <Notice tone="attention" title={t('import.notServed')} />}
      <CommandHint command={command} />
      <div className={styles.actions}>
        <Button onClick={resetImport}>{t('import.another')}</Button>
      </div>
    </>
  );
}

function Imported({ model, isLive }: { readonly model: ImportedModel; readonly isLive: boolean }) {
  const { name, version, state, checks, notes, changes } = model;
  const isServed = useLive(({ host }) => host?.models.some((each) => each.name === name) === true);
  return (
    <section className={styles.imported}>
      <h3 className={styles.done}>
        <CircleCheck aria-hidden="true" />
        <span>
          {state === 'unchanged'
            ? t('import.already', { model: name })
            : t('import.doneVersion', { model: name, version })}
        </span>
      </h3>
      <ul className={styles.checks} aria-label={t('import.checklist')}>
        {checks.map((check) => (
          <li key={check}>
            <CircleCheck aria-hidden="true" /> <span>{check}</span>
          </li>
        ))}
        {changes.map(({ text, breaking }) => (
          <li key={text} className={breaking ? styles.breaking : undefined}>
            {breaking ? <TriangleAlert aria-hidden="true" /> : <CircleCheck aria-hidden="true" />}{' '}
            <span translate="no">{text}</span>
          </li>
        ))}
        {notes.map((note) => (
          <li key={note} className={styles.note}>
            <TriangleAlert aria-hidden="true" /> <span translate="no">{note}</span>
          </li>
        ))}
      </ul>
      {isLive && isServed && (
        <div className={styles.actions}>
          <ButtonLink look="primary" to={`/try/${encodeURIComponent(name)}`}>
            {t('import.tryIt')}
          </ButtonLink>
          <ButtonLink to={`/models/${encodeURIComponent(name)}`}>{t('import.open', { model: name })}</ButtonLink>
        </div>
      )}
    </section>
  );
}
