/** The log: pino to standard error or a file, as lines for people on a terminal and as JSON elsewhere. Values, never secrets or tensors. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';
import { LogFile } from './log-file.ts';

export type Log = Logger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Hears every line that is worth keeping, as JSON. */
export interface LogListener {
  write(line: string): void;
}

export interface LogPlaces {
  /** A file instead of standard error. */
  readonly file?: string | undefined;
  /** Hears what is `info` or more serious also where the log itself is told less, so that a person who looks later finds it. */
  readonly listener?: LogListener;
}

/** Throws where `file` cannot be written. */
export function createLog(level: LogLevel, format: 'text' | 'json', { file, listener }: LogPlaces = {}): Log {
  const logFile = file === undefined ? undefined : new LogFile(file);
  const stream = format === 'json' ? (logFile ?? pino.destination({ dest: 2, sync: true })) : prettyStream(logFile);
  if (listener === undefined) return pino({ ...options, level }, stream);
  const threshold = { level, number: numberOf(level) };
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

/** From now on the log is told this level and above. */
export function changeLogLevel(log: Log, level: LogLevel): void {
  const threshold = thresholds.get(log);
  if (threshold === undefined) {
    log.level = level;
    return;
  }
  threshold.level = level;
  threshold.number = numberOf(level);
  log.level = heardLevel(level);
}

/** What the log itself is told, whatever a listener hears. */
export function logLevelOf(log: Log): LogLevel {
  return thresholds.get(log)?.level ?? (log.level as LogLevel);
}

const thresholds = new WeakMap<Log, { level: LogLevel; number: number }>();

function numberOf(level: LogLevel): number {
  return level === 'silent' ? Number.POSITIVE_INFINITY : pino.levels.values[level]!;
}

function heardLevel(level: LogLevel): LogLevel {
  return level === 'debug' ? 'debug' : 'info';
}

const options = { base: null, errorKey: 'error' };

function prettyStream(file: LogFile | undefined): DestinationStream {
  return pretty({
    destination: file === undefined ? 2 : intoFile(file),
    sync: true,
    colorize: file === undefined && process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: ['error'],
  });
}

function intoFile(file: LogFile): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _, done) {
      file.write(line.toString());
      done();
    },
  });
}
