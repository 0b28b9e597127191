/** Asks V8 to collect garbage now. For the two places that know something which V8 does not; each says what. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * `minor`: only what is young, about a millisecond. `last-resort`: everything, and unused pages go back to the system, tenths of a
 * second. Both stop this process meanwhile.
 */
export type Collection = 'minor' | 'last-resort';

type Collect = (options: { readonly type: 'minor' | 'major'; readonly flavor?: 'last-resort' }) => void;

let collect: Collect | undefined;

export function collectGarbage(collection: Collection): void {
  collect ??= exposedCollect();
  if (collection === 'minor') collect({ type: 'minor' });
  else collect({ type: 'major', flavor: 'last-resort' });
}

/** V8 gives its `gc` to contexts that are made while the flag is set; ours does not have it. */
function exposedCollect(): Collect {
  setFlagsFromString('--expose-gc');
  const exposed = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return exposed;
}
