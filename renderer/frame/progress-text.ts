/** How far a job is, in words. Pure. */
import type { JobProgress } from '../../server/protocol/admin/job-view.ts';
import { bytesText, durationText, formatNumber } from '../format/format.ts';
import { t } from '../texts/t.ts';

export function progressText({ step, done, total, unit }: JobProgress): string {
  const amount = (value: number): string =>
    unit === 'bytes' ? bytesText(value) : unit === 'seconds' ? durationText(value * 1000) : formatNumber(value);
  if (total === 0) return step;
  return t('activity.progress', { step, done: amount(done), total: amount(total) });
}
