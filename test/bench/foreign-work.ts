/**
 * How much of the processors somebody else used, so that a measurement on a shared machine can be told from a disturbed one.
 *
 * Foreign is what the machine was busy with minus what this process and all its descendants used. Known on Linux only.
 */
import { readFile, readdir } from 'node:fs/promises';

/** Sums since the machine started, in clock ticks of all cores. */
interface ProcessorUse {
  readonly total: number;
  readonly busy: number;
  readonly own: number;
}

/** Runs `work` and gives the foreign share of all cores meanwhile, 0 to 1; 0 where it cannot be known. */
export async function foreignShareDuring<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly share: number }> {
  const before = await processorUse();
  const result = await work();
  const after = await processorUse();
  if (before === undefined || after === undefined || after.total === before.total) return { result, share: 0 };
  const foreign = after.busy - before.busy - (after.own - before.own);
  return { result, share: Math.max(0, foreign / (after.total - before.total)) };
}

async function processorUse(): Promise<ProcessorUse | undefined> {
  if (process.platform !== 'linux') return undefined;
  // user nice system idle iowait irq softirq steal; guest times are already in user and nice.
  const line = (await readFile('/proc/stat', 'utf8')).split('\n', 1)[0]!;
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  return { total, busy: total - times[3]! - times[4]!, own: await ownTicks() };
}

/** Of this process and its descendants; a process counts its children that have ended. */
async function ownTicks(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const pid of pids) {
    try {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8');
      // Behind the name in parentheses: state, parent, … and from the twelfth on utime stime cutime cstime.
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const ticks = fields[11]! + fields[12]! + fields[13]! + fields[14]!;
      processes.set(Number(pid), { parent: fields[1]!, ticks });
    } catch {
      // It has ended since the folder was read.
    }
  }
  const isOwn = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = processes.get(at)?.parent) {
      if (at === process.pid) return true;
    }
    return false;
  };
  let sum = 0;
  for (const [pid, { ticks }] of processes) if (isOwn(pid)) sum += ticks;
  return sum;
}
