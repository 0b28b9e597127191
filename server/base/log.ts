/** The log: pino to standard error, as lines for people on a terminal and as JSON elsewhere. Values, never secrets or tensors. */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Hears every line that is worth keeping, as JSON. */
export interface LogListener {
  write(line: string): void;
}

/**
 * `listener` hears what is `info` or more serious also where standard error is told less, so that a person who looks later finds it.
 */
export function createLog(level: LogLevel, format: 'text' | 'json', listener?: LogListener): Log {
  const stream = format === 'json' ? pino.destination({ dest: 2, sync: true }) : prettyStream();
  if (listener === undefined) return pino({ ...options, level }, stream);
  const threshold = { number: numberOf(level) };
  const both: DestinationStream = {
    write(line) {
      listener.write(line);
      // Each line begins with its level: `{"level":30,`.
      if (Number.parseInt(line.slice(9), 10) >= threshold.number) stream.write(line);
    },
  };
  const log = pino({ ...options, level: heardLevel(level) }, both);
  thresholds.set(log, threshold);
  return log;
}

/** From now on standard error is told this level and above. */
export function changeLogLevel(log: Log, level: LogLevel): void {
  const threshold = thresholds.get(log);
  if (threshold === undefined) {
    log.level = level;
    return;
  }
  threshold.number = numberOf(level);
  log.level = heardLevel(level);
}

const thresholds = new WeakMap<Log, { number: number }>();

function numberOf(level: LogLevel): number {
  return level === 'silent' ? Number.POSITIVE_INFINITY : pino.levels.values[level]!;
}

function heardLevel(level: LogLevel): LogLevel {
  return level === 'debug' ? 'debug' : 'info';
}

const options = { base: null, errorKey: 'error' };

function prettyStream(): DestinationStream {
  return pretty({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: ['error'],
  });
}
