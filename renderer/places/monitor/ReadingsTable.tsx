/** The readings of the charts as a table: for screen readers, and for those who want the numbers. */
import { Card } from '../../components/Card.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { t } from '../../texts/t.ts';
import type { ChartKind } from './chart-lines.ts';
import type { Readings } from '../../live/readings-over-time.ts';

interface ReadingsTableProps {
  readonly kinds: readonly ChartKind[];
  readonly readings: Readings;
}

/** Ninety rows are read, nine hundred are not. The CSV has all. */
const shownRows = 90;

export function ReadingsTable({ kinds, readings }: ReadingsTableProps) {
  const every = Math.max(1, Math.ceil(readings.seconds.length / shownRows));
  const places = readings.seconds
    .map((seconds, at) => ({ seconds, at }))
    .filter(({ at }) => at % every === 0)
    .toReversed();
  const columns: Column<{ readonly seconds: number; readonly at: number }>[] = [
    {
      key: 'time',
      head: t('monitor.time'),
      isRowHead: true,
      cell: ({ seconds }) => <span translate="no">{new Date(seconds * 1000).toLocaleString()}</span>,
    },
    ...kinds.flatMap((kind) =>
      kind.lines.map((line) => ({
        key: line.reading,
        head: `${t(kind.title)}, ${t(line.name)}`,
        isNumber: true,
        cell: ({ at }: { readonly at: number }) => <span translate="no">{kind.text(readings[line.reading][at]!)}</span>,
      })),
    ),
  ];
  return (
    <Card isFlush>
      <Table
        label={t('monitor.tableLabel')}
        columns={columns}
        rows={places}
        rowKey={({ seconds }) => String(seconds)}
      />
    </Card>
  );
}
