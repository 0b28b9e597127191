/** The words that the build commands share: which targets, and errors as sentences. */
import { targetNamed, targetOf, targets } from './staging/targets.ts';
import type { Target } from './staging/targets.ts';

/** `all`, a list such as `linux-x64,win32-x64`, or nothing for this machine's. Throws a sentence. */
export function chosenTargets(word: string | undefined): Target[] {
  if (word === 'all') return Object.values(targets);
  if (word !== undefined) return word.split(',').map((name) => targetNamed(name.trim()));
  const own = targetOf(process.platform, process.arch);
  if (own === undefined) {
    throw new Error(
      `Millrace has no package for ${process.platform}-${process.arch}. Name one of: ${Object.keys(targets).join(', ')}.`,
    );
  }
  return [own];
}

/** Prints a failure as a sentence, with what caused it, and sets the exit code. */
export async function runBuild(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error((error as Error).message);
    const { cause } = error as Error;
    if (cause instanceof Error) console.error(`  because: ${cause.message}`);
    process.exitCode = 1;
  }
}
