/** A programmer's error: the process should die of it, and its supervisor starts it again. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`);
}
