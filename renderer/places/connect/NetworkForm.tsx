/** The form of the network's endpoint: addresses, encryption, name. */
import type { LanView } from '../../../server/protocol/admin/lan-view.ts';
import { TextField } from '../../components/Field.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { t } from '../../texts/t.ts';
import { chosenAddresses } from './network-draft.ts';
import type { NetworkDraft } from './network-draft.ts';
import styles from './NetworkForm.module.css';

interface NetworkFormProps {
  readonly lan: LanView;
  readonly draft: NetworkDraft;
  readonly unconfirmed: string | undefined;
  onDraft(draft: NetworkDraft): void;
}

const kinds = ['own', 'files', 'off'] as const;
const choices = ['private', 'chosen'] as const;

export function NetworkForm({ lan, draft, unconfirmed, onDraft }: NetworkFormProps) {
  const set = (change: Partial<NetworkDraft>): void => onDraft({ ...draft, ...change });
  const asksToConfirm = unconfirmed !== undefined || draft.confirmed !== '';
  return (
    <div className={styles.form}>
      <div className={styles.part}>
        <SegmentedChoice
          label={t('network.addresses')}
          value={draft.which}
          options={choices.map((value) => ({ value, text: t(`network.addresses.${value}`) }))}
          onChange={(which) => set({ which })}
        />
        {draft.which === 'private' ? (
          <p className={styles.faint}>{t('network.addressesHint')}</p>
        ) : (
          <>
            <ul className={styles.addresses}>
              {lan.addresses.map(({ address, interfaceName, kind }) => (
                <li key={address}>
                  <label className={styles.check}>
                    <input
                      type="checkbox"
                      checked={draft.chosen.includes(address)}
                      onChange={(event) =>
                        set({
                          chosen: event.target.checked
                            ? [...draft.chosen, address]
                            : draft.chosen.filter((each) => each !== address),
                        })
                      }
                    />
                    <code translate="no">{address}</code>
                    <span className={styles.faint}>
                      <span translate="no">{interfaceName}</span>
                      {' · '}
                      {t(`network.kind.${kind}`)}
                    </span>
                  </label>
                </li>
              ))}
            </ul>
            <div className={styles.field}>
              <TextField
                label={t('network.otherAddress')}
                value={draft.other}
                error={chosenAddresses(draft).length === 0 ? t('network.noAddress') : undefined}
                translate="no"
                onChange={(event) => set({ other: event.target.value })}
              />
            </div>
            {asksToConfirm && (
              <div className={styles.field}>
                <TextField
                  label={t('network.confirmPublic', { address: unconfirmed ?? draft.confirmed })}
                  value={draft.confirmed}
                  translate="no"
                  onChange={(event) => set({ confirmed: event.target.value })}
                />
              </div>
            )}
          </>
        )}
      </div>
      <div className={styles.part}>
        <SegmentedChoice
          label={t('network.tls')}
          value={draft.tls}
          options={kinds.map((value) => ({ value, text: t(`network.tls.${value}`) }))}
          onChange={(tls) => set({ tls })}
        />
        <p className={styles.faint}>{t(`network.tlsHint.${draft.tls}`)}</p>
        {draft.tls === 'files' && (
          <div className={styles.fields}>
            <TextField
              label={t('network.certificateFile')}
              value={draft.certificateFile}
              onChange={(event) => set({ certificateFile: event.target.value })}
            />
            <TextField
              label={t('network.keyFile')}
              value={draft.keyFile}
              onChange={(event) => set({ keyFile: event.target.value })}
            />
          </div>
        )}
      </div>
      <div className={styles.part}>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={draft.announce}
            onChange={(event) => set({ announce: event.target.checked })}
          />
          {t('network.announce')}
        </label>
        {draft.announce && (
          <div className={styles.field}>
            <TextField
              label={t('network.name')}
              help={t('network.nameHint', { name: draft.name })}
              value={draft.name}
              translate="no"
              onChange={(event) => set({ name: event.target.value.toLowerCase() })}
            />
          </div>
        )}
      </div>
    </div>
  );
}
