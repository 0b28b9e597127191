/** The log: pino to standard error or to a file, as lines for people on a terminal and as JSON elsewhere. Values, never secrets or tensors. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';
import { LogFile } from './log-file.ts';

export type Log = Logger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** `path`: a file instead of standard error. Throws where it cannot be written. */
export function createLog(level: LogLevel, format: 'text' | 'json', path?: string): Log {
  const options = { level, base: null, errorKey: 'error' };
  const file = path === undefined ? undefined : new LogFile(path);
  if (file !== undefined && format === 'json') return pino(options, file);
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  const stream = pretty({
    destination: file === undefined ? 2 : intoFile(file),
    sync: true,
    colorize: file === undefined && process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    errorLikeObjectKeys: ['error'],
  });
  return pino(options, stream);
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
