/** Fills the sparklines with what the host remembers, so that a page that was just opened shows the last minutes. */
import type { HistoryView } from '../../server/protocol/admin/history-view.ts';
import { askApi } from '../api/api-client.ts';
import type { LiveStore } from './live-store.ts';
import { fromHistory, historySeries } from './readings-over-time.ts';

/** What a sparkline shows, seconds. */
const shownSeconds = 120;

/** Asks one after another: the page has better things to do at its start. What fails stays empty. */
export async function prefillSeries(store: LiveStore): Promise<void> {
  const names = store.state.host?.models.map(({ name }) => name) ?? [];
  for (const model of [undefined, ...names]) {
    const query = new URLSearchParams({
      from: String(Date.now() - shownSeconds * 1000),
      series: historySeries,
      // More than seconds, so that the host does not take two of them together.
      points: String(shownSeconds * 2),
      ...(model !== undefined && { model }),
    });
    try {
      store.prefill(fromHistory(await askApi<HistoryView>('GET', `/history?${query.toString()}`)), model);
    } catch {
      // A model without a past, or a host that is just leaving.
    }
  }
}
