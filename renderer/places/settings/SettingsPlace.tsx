/** How the page looks, who may manage this host, the keyboard; the host's settings and the doctor as parts of their own. */
import { useState } from 'react';
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { Card } from '../../components/Card.tsx';
import { FactList } from '../../components/FactList.tsx';
import { LinkTabs } from '../../components/LinkTabs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { nowMs, bytesText, durationText, fullTimeText } from '../../format/format.ts';
import { places } from '../../frame/places.ts';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { chooseTheme, readTheme, themes } from '../../theme/theme.ts';
import { DoctorTab } from '../doctor/DoctorTab.tsx';
import { HostSettings } from './HostSettings.tsx';
import { SessionsCard } from './SessionsCard.tsx';
import { WindowCard } from './WindowCard.tsx';
import styles from './SettingsPlace.module.css';

const tabs = ['general', 'all', 'doctor'] as const;

export function SettingsPlace({ tab = 'general' }: { readonly tab?: string | undefined }) {
  const pathOf = (each: string): string => (each === 'general' ? '/settings' : `/settings/${each}`);
  return (
    <>
      <PageHead title={t('place.settings')} lead={t('settings.lead')} />
      <LinkTabs
        label={t('settings.tabs')}
        current={pathOf(tab)}
        tabs={tabs.map((each) => ({ path: pathOf(each), text: t(`settings.${each}`) }))}
      />
      {tab === 'all' ? <HostSettings /> : tab === 'doctor' ? <DoctorTab /> : <General />}
    </>
  );
}

function General() {
  const host = useHost()!;
  return (
    <>
      <div className={styles.columns}>
        <div className={styles.stack}>
          <LookCard />
          <WindowCard />
          <HostCard host={host} />
        </div>
        <div className={styles.stack}>
          <SessionsCard />
          <Card title={t('settings.keys')}>
            <dl className={styles.keys}>
              <KeyLine keys="Ctrl K" does={t('settings.keyPalette')} />
              <KeyLine keys="/" does={t('settings.keySearch')} />
              <KeyLine keys="Ctrl Enter" does={t('settings.keyRun')} />
              <KeyLine keys="Esc" does={t('settings.keyClose')} />
              {places.map(({ path, name, letter }) => (
                <KeyLine key={path} keys={`g ${letter}`} does={t('settings.keyGo', { place: t(name) })} />
              ))}
            </dl>
          </Card>
          <Card title={t('settings.outgoing')}>
            <p>{t('settings.outgoingNone')}</p>
          </Card>
        </div>
      </div>
    </>
  );
}

function LookCard() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <Card title={t('settings.look')}>
      <div className={styles.look}>
        <SegmentedChoice
          label={t('settings.theme')}
          value={theme}
          options={themes.map((each) => ({ value: each, text: t(`settings.theme.${each}`) }))}
          onChange={(chosen) => {
            chooseTheme(chosen);
            setTheme(chosen);
          }}
        />
        <p className={styles.faint}>{t('settings.themeHint')}</p>
      </div>
    </Card>
  );
}

function HostCard({ host }: { readonly host: HostView }) {
  const { machine } = host;
  return (
    <Card title={t('settings.host')}>
      <FactList
        facts={[
          { name: t('settings.version'), value: host.version },
          {
            name: t('settings.started'),
            value: `${fullTimeText(host.startedAt)} (${durationText(nowMs() - Date.parse(host.startedAt))})`,
          },
          {
            name: t('settings.machine'),
            value: `${machine.name}, ${t('settings.cores', { count: machine.cores })}`,
          },
          {
            name: t('settings.memory'),
            value: t('welcome.memoryFree', {
              free: bytesText(machine.freeBytes),
              total: bytesText(machine.totalBytes),
            }),
          },
          { name: t('settings.data'), value: <code>{host.dataDirectory}</code> },
          { name: t('settings.models'), value: <code>{host.modelsFolder}</code> },
          { name: t('settings.inference'), value: <code>{host.inferenceUrl}</code> },
          { name: t('settings.admin'), value: <code>{host.adminUrl}</code> },
          { name: t('settings.process'), value: String(host.pid) },
        ]}
      />
    </Card>
  );
}

function KeyLine({ keys, does }: { readonly keys: string; readonly does: string }) {
  return (
    <div>
      <dt>
        {keys.split(' ').map((key) => (
          <kbd key={key} translate="no">
            {key}
          </kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
