/** The one table of a run, as markdown that also reads well in a terminal. Pure. */
import type { Row } from './row.ts';

const headings = ['Workload', 'Millrace', 'Baseline', 'Ratio: median (min–max)', 'Target', 'Verdict'];

export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map(({ workload, subject, baseline, comparison, target, verdict }) =>
    [workload, subject, baseline, comparison, target, verdict].map((cell) => cell.replaceAll('|', '\\|')),
  );
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...lines.map((line) => line[column]!.length)),
  );
  const shown = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [shown(headings), shown(widths.map((width) => '-'.repeat(width))), ...lines.map(shown)].join('\n');
}
