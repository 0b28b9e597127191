/** The log: pino to standard error, as lines for people on a terminal and as JSON elsewhere. Values, never secrets or tensors. */
import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export function createLog(level: LogLevel, format: 'text' | 'json'): Log {
  const options = { level, base: null, errorKey: 'error' };
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: ['error'],
  });
  return pino(options, stream);
}
