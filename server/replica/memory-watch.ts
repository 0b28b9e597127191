/**
 * A thread beside the one that loads a model: loading and running block theirs, so nothing there could notice that the model
 * takes all memory. It ends the whole process, which gives everything back.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { memoryMark } from './trial-command.ts';

/** A model fills memory at some GB/s: this is 40 to 100 MB beyond the limit. */
const intervalMs = 20;

const { memoryLimitBytes } = workerData as { memoryLimitBytes: number };

setInterval(() => {
  const rssBytes = process.memoryUsage.rss();
  if (rssBytes <= memoryLimitBytes) return;
  writeSync(2, `${memoryMark} ${rssBytes}\n`);
  process.kill(process.pid, 'SIGKILL');
}, intervalMs);
