/** One row per copy, and where there is room for them, the buttons that drain and restart one. */
import type { ModelView, ReplicaView } from '../../../server/protocol/admin/host-view.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { copyStateWords } from '../../components/state-words.ts';
import { bytesText, durationText, formatNumber } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { CopyActions, CopyOrderNotice, useCopyOrders } from './CopyActions.tsx';
import { upSecondsNow } from './up-seconds.ts';

interface CopyRow {
  readonly model: string;
  readonly version: string;
  readonly copy: ReplicaView;
}

interface CopiesTableProps {
  readonly models: readonly ModelView[];
  /** Without the columns that a model's own page makes plain. */
  readonly isShort?: boolean;
}

export function CopiesTable({ models, isShort = false }: CopiesTableProps) {
  const orders = useCopyOrders();
  const rows = models.flatMap(({ name, versions }) =>
    versions.flatMap(({ version, replicas }) => replicas.map((copy) => ({ model: name, version, copy }))),
  );
  if (isShort) {
    const shown = columns.filter(({ key }) => shortKeys.has(key));
    return <Table label={t('copies.table')} columns={shown} rows={rows} rowKey={rowKey} />;
  }
  const actions: Column<CopyRow> = {
    key: 'actions',
    head: t('copies.actions'),
    cell: ({ copy }) => <CopyActions copy={copy} orders={orders} />,
  };
  return (
    <>
      <CopyOrderNotice orders={orders} />
      <Table label={t('copies.table')} columns={[...columns, actions]} rows={rows} rowKey={rowKey} />
    </>
  );
}

/** While a copy is restarted, two processes fill its place. */
const rowKey = ({ copy }: CopyRow): string => `${copy.name} ${copy.pid}`;

const shortKeys = new Set(['name', 'state', 'inFlight', 'answered', 'memory', 'up']);

const columns: readonly Column<CopyRow>[] = [
  {
    key: 'name',
    head: t('copies.name'),
    isRowHead: true,
    cell: ({ copy }) => <span translate="no">{copy.name}</span>,
  },
  { key: 'state', head: t('copies.state'), cell: ({ copy }) => <StateBadge state={copyStateWords[copy.state]} /> },
  { key: 'device', head: t('copies.device'), cell: ({ copy }) => <span translate="no">{copy.device}</span> },
  number('inFlight', t('copies.inFlight'), ({ copy }) => formatNumber(copy.inFlight)),
  number('answered', t('copies.answered'), ({ copy }) => formatNumber(copy.answered)),
  number('memory', t('copies.memory'), ({ copy }) => bytesText(copy.rssBytes)),
  number('up', t('copies.up'), ({ copy }) => durationText(upSecondsNow(copy, Date.now()) * 1000)),
  {
    key: 'restarts',
    head: t('copies.restarts'),
    cell: ({ copy: { restarts, lastExit } }) => (
      <span translate="no">
        {formatNumber(restarts)}
        {lastExit !== undefined && ` (${lastExit})`}
      </span>
    ),
  },
  number('pid', t('copies.pid'), ({ copy }) => String(copy.pid)),
];

function number(key: string, head: string, text: (row: CopyRow) => string): Column<CopyRow> {
  return { key, head, isNumber: true, cell: (row) => <span translate="no">{text(row)}</span> };
}
