/** One setting: what it is for, what holds and who said it, and the field that changes it. */
import { Lock } from 'lucide-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { SettingsView, SettingView } from '../../../server/protocol/admin/settings-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Choice, TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { t } from '../../texts/t.ts';
import { draftFault, draftText, draftValue, readableValue } from './setting-draft.ts';
import styles from './HostSettings.module.css';

interface SettingRowProps {
  readonly setting: SettingView;
  onChanged(view: SettingsView): void;
}

export function SettingRow({ setting, onChanged }: SettingRowProps) {
  const { path, about, origin, isLocked, isWaiting, current, next, appliesAt } = setting;
  const [isEditing, setEditing] = useState(false);
  return (
    <div className={styles.setting}>
      <div className={styles.what}>
        <h3 translate="no">{path}</h3>
        <p translate="no">{about}</p>
      </div>
      <div>
        <p className={styles.current}>
          <strong translate="no">{readableValue(setting, current)}</strong>
          {isWaiting && (
            <span className={styles.waiting}>
              {t('settings.afterRestart', { value: readableValue(setting, next) })}
            </span>
          )}
        </p>
        <p className={styles.faint}>
          {t(`settings.origin.${origin}`)}
          {origin !== 'default' && <> · {t('settings.default', { value: readableValue(setting, setting.default) })}</>}
          {appliesAt === 'now' && <> · {t('settings.now')}</>}
        </p>
      </div>
      <div className={styles.act}>
        {isLocked ? (
          <span className={styles.locked} title={t(`settings.locked.${origin}`)}>
            <Lock aria-hidden="true" />
            <span>{t('settings.fixed')}</span>
          </span>
        ) : (
          <Button
            aria-expanded={isEditing}
            aria-label={t('settings.changeOne', { path })}
            onClick={() => setEditing(!isEditing)}
          >
            {t('settings.changeIt')}
          </Button>
        )}
      </div>
      {isEditing && !isLocked && (
        <SettingForm
          setting={setting}
          onChanged={(view) => {
            setEditing(false);
            onChanged(view);
          }}
          onCancel={() => setEditing(false)}
        />
      )}
    </div>
  );
}

function SettingForm({ setting, onChanged, onCancel }: SettingRowProps & { onCancel(): void }) {
  const { path, kind, origin, isWaiting, choices = [], unit } = setting;
  const [text, setText] = useState(draftText(setting, isWaiting ? setting.next : setting.current));
  const [error, setError] = useState<Error>();
  const fault = draftFault(setting, text);
  const send = (value: unknown): void => {
    askApi<SettingsView>('PATCH', '/settings', { body: { changes: { [path]: value } } }).then(onChanged, setError);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (fault === undefined) send(draftValue(setting, text));
  };
  const options = kind === 'flag' ? ['true', 'false'] : choices;
  return (
    <form className={styles.form} onSubmit={submit} autoComplete="off">
      {options.length > 0 ? (
        <Choice
          label={path}
          isName
          value={text}
          options={options.map((value) => ({
            value,
            text: kind === 'flag' ? t(value === 'true' ? 'settings.on' : 'settings.off') : value,
            isName: kind !== 'flag',
          }))}
          onChange={setText}
        />
      ) : (
        <TextField
          label={unit === undefined ? path : `${path}, ${unit}`}
          isName
          help={kind === 'list' ? t('settings.listHint') : kind === 'secret' ? t('settings.secretHint') : undefined}
          error={fault}
          value={text}
          inputMode={kind === 'number' ? 'numeric' : 'text'}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <div className={styles.buttons}>
        <Button type="submit" look="primary" disabled={fault !== undefined}>
          {t('settings.keep')}
        </Button>
        {origin === 'gui' && <Button onClick={() => send(null)}>{t('settings.toDefault')}</Button>}
        <Button onClick={onCancel}>{t('settings.cancel')}</Button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </form>
  );
}
