/** What the command line prints: tables for people, JSON for programs, errors in one form, and the exit codes. */
import { asMillraceError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';

/** Exit codes: 0 done; 1 it failed; 2 the command line or the settings are wrong; 3 no host is running. */
export const exitCodes = { failed: 1, usage: 2, notRunning: 3 } as const;

export function exitCodeOf(code: ErrorCode): number {
  if (code === 'host-not-running') return exitCodes.notRunning;
  return code === 'invalid-config' || code === 'no-key' ? exitCodes.usage : exitCodes.failed;
}

/** Prints an error to standard error, sentence and hint, and sets the exit code. With `json` the same as an object. */
export function reportError(error: unknown, json: boolean): void {
  const known = asMillraceError(error);
  if (json) {
    const { code, message, hint } = known;
    console.error(JSON.stringify({ error: message, code, ...(hint !== undefined && { hint }) }));
  } else {
    console.error(`millrace: ${known.message}`);
    if (known.hint !== undefined) console.error(`  ${known.hint}`);
    if (known.code === 'internal') console.error(known.cause);
  }
  process.exitCode = exitCodeOf(known.code);
}

/** Rows under headings, columns as wide as their longest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [headings, ...rows].map(line).join('\n');
}

export function megabytes(bytes: number): string {
  return bytes === 0 ? '-' : `${Math.round(bytes / 1e6)} MB`;
}
