/** Whether a SQLite file is in order, without changing it: for the doctor. */
import { openReadOnly } from './database.ts';

/** One sentence without a full stop; undefined where all is well or another process is just at work on it. */
export function checkDatabase(path: string): string | undefined {
  try {
    const database = openReadOnly(path);
    try {
      const first = database.pragma('quick_check(1)', { simple: true });
      return first === 'ok' ? undefined : `is damaged: ${String(first)}`;
    } finally {
      database.close();
    }
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code === 'SQLITE_BUSY') return undefined;
    return `cannot be read: ${message}`;
  }
}
