/** How far an import has come, in words for people. */
import type { ImportProgress } from './import.ts';

const labels = { unpack: 'Unpacking', copy: 'Copying', try: 'Trying' } as const;

/** `Copying iris`. */
export function stepLabel({ step, name }: ImportProgress): string {
  return `${labels[step]} ${name}`.trimEnd();
}
