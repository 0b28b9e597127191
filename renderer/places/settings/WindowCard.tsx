/** The switches of the desktop window; in a browser there is no such card. */
import { useState, useSyncExternalStore } from 'react';
import type { SwitchName } from '../../../server/protocol/desktop-bridge.ts';
import { Card } from '../../components/Card.tsx';
import { Notice } from '../../components/Notice.tsx';
import { desktopView, setSwitch, subscribeDesktop } from '../../desktop/desktop.ts';
import { t } from '../../texts/t.ts';
import styles from './WindowCard.module.css';

const names: readonly SwitchName[] = ['startAtLogin', 'startHidden', 'closeToTray', 'keepAwake'];

export function WindowCard() {
  const view = useSyncExternalStore(subscribeDesktop, desktopView);
  const [fault, setFault] = useState<string>();
  if (view === undefined) return null;
  const set = (name: SwitchName, isOn: boolean): void => {
    setFault(undefined);
    setSwitch(name, isOn).catch((error: Error) => setFault(error.message));
  };
  return (
    <Card title={t('desktop.window')}>
      <div className={styles.switches}>
        {names.map((name) => (
          <label key={name} className={styles.switch}>
            <input
              type="checkbox"
              checked={view.switches[name]}
              disabled={name === 'startHidden' && !view.switches.startAtLogin}
              onChange={(event) => set(name, event.target.checked)}
            />
            <span>
              {t(`desktop.${name}`)}
              <small className={styles.hint}>{t(`desktop.${name}Hint`)}</small>
            </span>
          </label>
        ))}
        {fault !== undefined && <Notice tone="attention" title={<span translate="no">{fault}</span>} />}
      </div>
    </Card>
  );
}
