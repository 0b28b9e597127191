/** The command line that gives the same order to the autoscaler. Pure. */
import type { ScalingOrderBody } from '../../../server/protocol/admin/scaling-view.ts';

export function scalingCommand(model: string, { mode, replicas, min, max }: ScalingOrderBody): string {
  const words = ['npx millrace scale set', model];
  if (mode === 'manual') words.push('--replicas', String(replicas));
  if (mode === 'auto') words.push('--auto');
  if (mode === 'paused') words.push('--pause');
  if (mode === 'settings') words.push('--reset');
  if (min !== undefined) words.push('--min', String(min));
  if (max !== undefined) words.push('--max', String(max));
  return words.join(' ');
}
