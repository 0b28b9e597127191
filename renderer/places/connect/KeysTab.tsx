/** The keys of client programs: what each may do, when it was last used and from where; made and revoked here. */
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import type { KeyView, MadeKey } from '../../../server/protocol/admin/key-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { Time } from '../../components/Time.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { formatNumber } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { KeyForm } from './KeyForm.tsx';
import { MadeKeyNotice } from './MadeKeyNotice.tsx';
import styles from './KeysTab.module.css';

/** Last use changes with each request. */
const refreshMs = 5000;

export function KeysTab() {
  const keys = usePolled<readonly KeyView[]>('/keys', refreshMs);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKey>();
  const [error, setError] = useState<Error>();
  const revoke = (key: KeyView): void => {
    askApi('DELETE', `/keys/${key.id}`).then(() => {
      setError(undefined);
      keys.reload();
    }, setError);
  };
  return (
    <div className={styles.stack}>
      {keys.error !== undefined && <ErrorNotice error={keys.error} />}
      {error !== undefined && <ErrorNotice error={error} />}
      {made !== undefined && <MadeKeyNotice made={made} onSeen={() => setMade(undefined)} />}
      {isMaking && (
        <Card title={t('keys.new')}>
          <KeyForm
            onMade={(key) => {
              setMade(key);
              setMaking(false);
              keys.reload();
            }}
            onCancel={() => setMaking(false)}
          />
        </Card>
      )}
      <Card
        title={t('keys.title')}
        aside={
          !isMaking && (
            <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setMaking(true)}>
              {t('keys.new')}
            </Button>
          )
        }
      >
        <p className={styles.lead}>{t('keys.lead')}</p>
        {keys.value !== undefined &&
          (keys.value.length === 0 ? (
            <EmptyState icon={KeyRound} title={t('keys.none')}>
              {t('keys.noneHint')}
            </EmptyState>
          ) : (
            <Table label={t('keys.title')} columns={columns(revoke)} rows={keys.value} rowKey={({ id }) => id} />
          ))}
        <CommandHint command={'npx millrace keys list\nnpx millrace keys revoke "Line 3"'} />
      </Card>
    </div>
  );
}

function columns(revoke: (key: KeyView) => void): readonly Column<KeyView>[] {
  return [
    {
      key: 'name',
      head: t('keys.column.name'),
      isRowHead: true,
      cell: ({ name, id }) => (
        <span translate="no">
          {name} <code className={styles.id}>{id}</code>
        </span>
      ),
    },
    {
      key: 'may',
      head: t('keys.column.may'),
      cell: ({ rights }) => rights.map((right) => t(`keys.right.${right}`)).join(', '),
    },
    {
      key: 'models',
      head: t('keys.column.models'),
      cell: ({ models }) => (models === undefined ? t('keys.all') : <span translate="no">{models.join(', ')}</span>),
    },
    {
      key: 'rate',
      head: t('keys.column.rate'),
      isNumber: true,
      cell: ({ ratePerSecond }) =>
        ratePerSecond === undefined ? '–' : t('keys.perSecond', { rate: formatNumber(ratePerSecond, 2) }),
    },
    {
      key: 'used',
      head: t('keys.column.used'),
      cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? t('keys.never') : <Time iso={lastUsedAt} />),
    },
    {
      key: 'from',
      head: t('keys.column.from'),
      cell: ({ lastAddress, addresses }) => <span translate="no">{lastAddress ?? addresses?.join(', ') ?? '–'}</span>,
    },
    {
      key: 'ends',
      head: t('keys.column.ends'),
      cell: ({ expiresAt, isExpired }) =>
        isExpired ? t('keys.ended') : expiresAt === undefined ? t('keys.never') : <Time iso={expiresAt} />,
    },
    {
      key: 'action',
      head: t('keys.column.action'),
      cell: (key) => (key.isFixed ? t('keys.fixed') : <RevokeButton keyView={key} onRevoke={revoke} />),
    },
  ];
}

function RevokeButton({ keyView, onRevoke }: { readonly keyView: KeyView; onRevoke(key: KeyView): void }) {
  const [isSure, setSure] = useState(false);
  const { name } = keyView;
  return (
    <Button look={isSure ? 'danger' : 'plain'} onClick={() => (isSure ? onRevoke(keyView) : setSure(true))}>
      {isSure ? t('keys.revokeSure', { name }) : t('keys.revoke')}
    </Button>
  );
}
